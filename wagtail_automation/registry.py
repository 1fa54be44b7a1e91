"""A registry of classes by their stable key: the only way in which the package is extended."""

from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured


class Registry:
    """Classes of one base by ``key``; old keys live on in a class's ``aliases``.

    Raises ``ImproperlyConfigured`` at registration for a class without key, of the wrong base, or
    whose key is taken by another class. Registering the same class again changes nothing.
    """

    def __init__(self, name: str, base: type | None = None):
        self.name = name
        self.base = base
        self._classes: dict[str, type] = {}
        self._aliases: dict[str, str] = {}

    def register(self, cls: type) -> type:
        """Decorator or call; returns the class."""
        key = getattr(cls, "key", None)
        if not isinstance(key, str) or not key.isidentifier():
            raise ImproperlyConfigured(
                f"{cls.__module__}.{cls.__qualname__} needs a `key` (letters, digits, underscores) "
                f"to be registered in {self.name}."
            )
        if self.base is not None and not issubclass(cls, self.base):
            raise ImproperlyConfigured(f"{cls.__qualname__} must be a subclass of {self.base.__qualname__}.")
        for taken in (key, *cls.aliases) if hasattr(cls, "aliases") else (key,):
            other = self._classes.get(self._aliases.get(taken, taken))
            if other is not None and other is not cls:
                raise ImproperlyConfigured(
                    f"The key {taken!r} of {cls.__module__}.{cls.__qualname__} is taken in {self.name} "
                    f"by {other.__module__}.{other.__qualname__}."
                )
        self._classes[key] = cls
        for alias in getattr(cls, "aliases", ()):
            self._aliases[alias] = key
        return cls

    def unregister(self, cls: type) -> None:
        """Forget the class. Unknown classes are ignored."""
        self._classes.pop(cls.key, None)
        for alias in getattr(cls, "aliases", ()):
            self._aliases.pop(alias, None)

    def get(self, key: str, default=None):
        return self._classes.get(self._aliases.get(key, key), default)

    def __getitem__(self, key: str) -> type:
        return self._classes[self._aliases.get(key, key)]

    def __contains__(self, key: str) -> bool:
        return self._aliases.get(key, key) in self._classes

    def __iter__(self):
        return iter(list(self._classes.values()))

    def __len__(self) -> int:
        return len(self._classes)

    def items(self):
        return list(self._classes.items())

    @contextmanager
    def temporarily(self, cls: type):
        """For tests: registered inside the block only."""
        self.register(cls)
        try:
            yield cls
        finally:
            self.unregister(cls)

    @contextmanager
    def without(self, key: str):
        """For tests: as if the app that brings ``key`` were not installed, inside the block only."""
        cls = self[key]
        self.unregister(cls)
        try:
            yield
        finally:
            self.register(cls)
