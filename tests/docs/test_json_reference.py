"""The page and the schemas of --json are those of the documents' types."""

import pytest
from msgspec import Struct

from cli.documents.catalogue import DOCUMENTS
from tests.docs.attributes import meanings, summary
from tests.docs.json_reference import FOLDER, files, page
from tests.docs.schemas import components


class _Base(Struct):
    """A base.

    Attributes:
        first: Of the base.
        second: Of the base, and
            on two lines.
    """

    first: int
    second: int


class _Derived(_Base):
    """A type. It has a second sentence.

    More about it.

    Attributes:
        first, third: Of the type.
    """

    third: int
    job_id: int


class _Bare(Struct):
    """A type without descriptions."""

    nobody_knows: int


def test_the_files_are_those_of_the_types() -> None:
    stale = [path.name for path, text in files().items() if path.read_text() != text]
    assert stale == [], "run: make json-reference"
    assert set(FOLDER.iterdir()) <= set(files())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_page_has_a_section_for_each_command(name: str) -> None:
    assert f"\n## ecsrunner {name}\n\n" in page()


def test_a_field_has_the_meaning_of_its_type_of_its_base_or_of_all_types() -> None:
    found = meanings(_Derived)
    assert found.pop("job_id")
    assert found == {
        "first": "Of the type.",
        "second": "Of the base, and on two lines.",
        "third": "Of the type.",
    }
    assert summary(_Derived) == "A type. It has a second sentence."


def test_a_field_without_a_meaning_is_named_with_the_remedy() -> None:
    with pytest.raises(LookupError, match="_Bare: describe nobody_knows under Attributes"):
        meanings(_Bare)


def test_no_two_types_have_the_same_name() -> None:
    documents = [one for found in DOCUMENTS.values() for one in (*found.document, *found.lines)]
    types = components(documents)
    assert [name for name, one in types.items() if "." in name and "enum" not in one] == []


def test_the_page_is_not_about_python() -> None:
    assert "None" not in page()
