"""The messages of a queue in message groups. A group is blocked while it has messages in flight.

In a standard queue each message is a separate group. The search for visible messages does not
iterate over blocked groups. The client is in `sqs`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from sortedcontainers import SortedDict


@dataclass
class Message:
    """One message. `visible_at` is the time in seconds at which it becomes visible."""

    id: str
    body: str
    group: str
    sent_at: datetime
    first_received_at: datetime | None = None
    visible_at: float = 0.0
    receives: int = 0
    received_at: float = 0.0
    receipt: str | None = None


@dataclass
class Group:
    """The messages of one group in order, blocked until `hidden_until` if any is in flight."""

    number: int
    messages: deque[Message] = field(default_factory=deque)
    hidden_until: float = 0.0


@dataclass
class Queue:
    """A queue and its dead-letter queue. `woken` is called when a message was sent."""

    url: str
    fifo: bool = True
    visibility: float = 180.0
    most_receives: int = 1 << 30
    dead: "Queue | None" = None
    sent: dict[tuple[str, str], float] = field(default_factory=dict)
    woken: Callable[[], None] = lambda: None
    size: int = 0
    _groups: dict[str, Group] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=count)
    _hidden: list[tuple[float, int, str]] = field(default_factory=list)
    _ready: SortedDict = field(default_factory=SortedDict)
    _received: dict[str, Message] = field(default_factory=dict)

    def messages(self) -> list[Message]:
        """Return all messages that are neither deleted nor dead letters."""
        return [one for group in self._groups.values() for one in group.messages]

    def add(self, message: Message) -> None:
        """Add a message at the end of its group."""
        if message.group not in self._groups:
            self._groups[message.group] = Group(next(self._numbers))
        self._groups[message.group].messages.append(message)
        self.size += 1
        self._place(message.group)

    def drop(self, message: Message) -> None:
        """Remove a message."""
        group = self._groups[message.group]
        group.messages.remove(message)
        self._received.pop(message.receipt or "", None)
        self.size -= 1
        if group.messages:
            self._place(message.group)
        else:
            self._ready.pop(group.number, None)
            del self._groups[message.group]

    def hide(self, message: Message, until: float) -> None:
        """Hide the message, and block its group, until that time."""
        message.visible_at = until
        self._place(message.group)

    def receive(self, message: Message, until: float) -> None:
        """Hide the message until that time, with a new receipt handle."""
        self._received.pop(message.receipt or "", None)
        message.receives += 1
        message.receipt = f"{message.id}/{message.receives}"
        self._received[message.receipt] = message
        self.hide(message, until)

    def in_flight(self, receipt: str, now: float) -> Message | None:
        """Return the message with that receipt handle, if it is still in flight."""
        found = self._received.get(receipt)
        return found if found is not None and found.visible_at > now else None

    def visible(self, now: float) -> Iterator[list[Message]]:
        """Yield the messages of each group that is not blocked, oldest group first."""
        self._show(now)
        for name in list(self._ready.values()):
            yield list(self._groups[name].messages)

    def next_visible(self, now: float) -> float | None:
        """Return when a message can become visible; None if the queue is empty."""
        self._show(now)
        if self._ready:
            return now
        return self._hidden[0][0] if self._hidden else None

    def _show(self, now: float) -> None:
        """Unblock groups whose time has passed, and drop outdated entries."""
        while self._hidden:
            until, number, name = self._hidden[0]
            group = self._groups.get(name)
            said = (group.number, group.hidden_until) if group else None
            if said == (number, until):
                if until > now:
                    return
                self._ready[number] = name
            heappop(self._hidden)

    def _place(self, name: str) -> None:
        group = self._groups[name]
        until = max(one.visible_at for one in group.messages)
        if until == group.hidden_until and group.number in self._ready:
            return
        group.hidden_until = until
        self._ready.pop(group.number, None)
        heappush(self._hidden, (until, group.number, name))
