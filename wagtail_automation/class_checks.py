"""System checks of the classes that apps register: what a newcomer forgets is told with its file and line."""

from functools import lru_cache
from pathlib import PurePath

from django.apps import apps
from django.core.checks import Error, Warning, register
from django.utils.functional import Promise

from .blocks import RegisteredBlock
from .registry import Registry, described

#: of the cards in the tree's editor
TONES = ("teal", "blue", "amber", "violet", "pink", "green", "red", "grey")


@register("wagtail_automation")
def check_classes(app_configs=None, **kwargs):
    """Classes that were registered, but cannot be used, or would look wrong in the admin."""
    messages = []
    for registry in Registry.public:
        for cls in registry:
            messages += [
                Error(
                    f"{described(cls)}, registered in {registry.name}, {problem}.",
                    id="wagtail_automation.E009",
                )
                for problem in problems(registry, cls)
            ]
            messages += [
                Warning(
                    f"{described(cls)}, registered in {registry.name}, {problem}.",
                    id="wagtail_automation.W012",
                )
                for problem in blemishes(cls)
            ]
    return messages


def _word(cls: type, name: str):
    """An attribute of the class or, of a block, of its ``Meta``."""
    meta = getattr(cls, "_meta_class", None)
    return getattr(meta, name, None) if meta is not None else getattr(cls, name, None)


def problems(registry: Registry, cls: type) -> list[str]:
    """Why nobody could use the class, in words that follow its name."""
    name = "label" if hasattr(cls, "_meta_class") or not hasattr(registry.base, "name") else "name"
    found = []
    if not isinstance(word := _word(cls, name), str | Promise) or not str(word).strip():
        place = "`label` in its class Meta" if hasattr(cls, "_meta_class") else f"`{name}`"
        found.append(f"has no {place}: editors would not know what it is")
    found += [
        f"does not define {method}()"
        for method in registry.needs
        if getattr(cls, method, None) in (None, getattr(registry.base, method))
    ]
    return found + (cls.class_problems() if issubclass(cls, RegisteredBlock) else [])


def blemishes(cls: type) -> list[str]:
    """What would look wrong, in words that follow its name."""
    found, icon = [], _word(cls, "icon")
    if icon is not None and not is_icon(icon):
        found.append(f"has the icon {icon!r}, which does not exist (see the hook register_icons)")
    if not issubclass(cls, RegisteredBlock):
        return found
    group, tone = _word(cls, "group"), _word(cls, "tone")
    if not isinstance(group, str | Promise) or not str(group).strip():
        found.append("has no text as its `group`")
    if tone not in TONES:
        found.append(f"has the tone {tone!r}; there are {', '.join(TONES)}")
    return found


def is_icon(name) -> bool:
    """Whether the admin's sprite has it; without the admin nobody sees one."""
    if not apps.is_installed("wagtail.admin"):
        return True
    return isinstance(name, str) and (name in _file_names() or f'id="icon-{name}"' in _sprite())


@lru_cache(maxsize=1)
def _file_names() -> frozenset[str]:
    """The names of the files, which are mostly those of the icons: the whole sprite takes long to make."""
    from wagtail import hooks

    paths = []
    for add in hooks.get_hooks("register_icons"):
        paths = add(paths)
    return frozenset(PurePath(path).stem for path in paths)


@lru_cache(maxsize=1)
def _sprite() -> str:
    from wagtail.admin.icons import get_icons

    return get_icons()
