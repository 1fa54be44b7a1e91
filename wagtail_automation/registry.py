"""A registry of classes by their stable key: the only way in which the package is extended."""

import inspect
from contextlib import contextmanager
from typing import ClassVar

from django.core.exceptions import ImproperlyConfigured


def described(cls: type) -> str:
    """Where somebody finds a class: its full name, file and line."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    try:
        return f"{name} ({inspect.getsourcefile(cls)}, line {inspect.getsourcelines(cls)[1]})"
    except (TypeError, OSError):  # made by code, or compiled
        return name


class Registry:
    """Classes of one base by ``key``; old keys live on in a class's ``aliases``.

    ``is_public``: sites add their own, so that the system checks look at each class; ``needs``: methods that
    each must define; ``key_length``: what the columns hold in which its keys are stored.

    Raises ``ImproperlyConfigured`` at registration for a class without a usable key, of the wrong base, or
    whose key is taken by another class. Registering the same class again changes nothing.
    """

    #: those whose classes the system checks look at
    public: ClassVar[list["Registry"]] = []

    def __init__(
        self,
        name: str,
        base: type | None = None,
        *,
        is_public: bool = False,
        needs: tuple[str, ...] = (),
        key_length: int = 60,
    ):
        self.name = name
        self.base = base
        self.needs = needs
        self.key_length = key_length
        if is_public:
            self.public.append(self)
        self._classes: dict[str, type] = {}
        self._aliases: dict[str, str] = {}

    def register(self, cls: type) -> type:
        """Decorator or call; returns the class."""
        key = getattr(cls, "key", None)
        for one in (key, *getattr(cls, "aliases", ())):
            if not isinstance(one, str) or not (one.isidentifier() and one.isascii()):
                raise ImproperlyConfigured(
                    f"{described(cls)} needs a `key` (letters without accents, digits, underscores) to be "
                    f"registered in {self.name}; this is {one!r}."
                )
            if len(one) > self.key_length:
                raise ImproperlyConfigured(
                    f"The key {one!r} of {described(cls)} is too long: in {self.name} a key has at most "
                    f"{self.key_length} characters."
                )
        if self.base is not None and not issubclass(cls, self.base):
            raise ImproperlyConfigured(
                f"{described(cls)} must be a subclass of {self.base.__module__}.{self.base.__qualname__}."
            )
        for taken in (key, *cls.aliases) if hasattr(cls, "aliases") else (key,):
            other = self._classes.get(self._aliases.get(taken, taken))
            if other is not None and other is not cls:
                raise ImproperlyConfigured(
                    f"The key {taken!r} of {described(cls)} is taken in {self.name} by {described(other)}."
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
