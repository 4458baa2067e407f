// Makes elements of the page. Texts are never read as HTML.

/** Return an element with properties and children, which are elements or texts. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Return the element with an id. */
export function byId(id) {
  return document.getElementById(id);
}
