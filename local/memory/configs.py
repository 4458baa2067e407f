"""The store of the runners' just-in-time configs in memory."""

import threading

from shared.ports import JitConfig


class MemoryConfigs:
    """`ConfigStore` in a dict."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.configs: dict[str, JitConfig] = {}

    def put_if_absent(self, runner_id: str, config: JitConfig) -> bool:
        """See `ConfigStore.put_if_absent`."""
        with self._lock:
            absent = runner_id not in self.configs
            self.configs.setdefault(runner_id, config)
            return absent

    def github_runner_id(self, runner_id: str) -> int | None:
        """See `ConfigStore.github_runner_id`."""
        config = self.configs.get(runner_id)
        return config.github_runner_id if config else None

    def reference(self, runner_id: str) -> str:
        """See `ConfigStore.reference`."""
        return f"arn:aws:s3:::memory/{runner_id}.env"

    def delete(self, runner_id: str) -> None:
        """See `ConfigStore.delete`."""
        with self._lock:
            self.configs.pop(runner_id, None)
