"""The forms of the wizard: the file, how it is read, where its columns go."""

from collections import Counter

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import conf
from wagtail_automation.leads.files.recognising import ENCODINGS, SEPARATOR_NAMES, recognise
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.models import ImportRun

from .kinds import POLICIES, ImportKind, allowed, import_kinds

MAX_FILE_NAME = 255
#: fields of the form of columns that are not about one column, generously
OTHER_FIELDS = 100
#: Of more columns than this, each is a text field that shares one list of suggestions with the others: as
#: many choices of all targets would be tens of thousands of elements.
MANY_COLUMNS = 60


def kinds_for(user) -> list[type[ImportKind]]:
    """The sorts of import that this person may make, in order."""
    return [cls for cls in sorted(import_kinds, key=lambda cls: (cls.order, cls.key)) if allowed(cls, user)]


class UploadForm(forms.Form):
    """What is imported, from which file. ``cleaned_data["format"]`` is what was recognised."""

    kind = forms.ChoiceField(label=_("What do you want to import?"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File"),
        max_length=MAX_FILE_NAME,
        help_text=_("CSV in any encoding and with any separator, or an Excel workbook (.xlsx)."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"empty": _("The file is empty.")},
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = kinds_for(user)
        self.fields["kind"].choices = [(cls.key, cls.label) for cls in kinds]
        self.fields["kind"].initial = kinds[0].key if kinds else None
        self.descriptions = {cls.key: cls.description for cls in kinds}

    def clean_file(self):
        file = self.cleaned_data["file"]
        limit = conf.get("IMPORT_MAX_BYTES")
        if file.size > limit:
            raise ValidationError(
                gettext("The file has %(size)d MB; at most %(limit)d MB can be imported.")
                % {"size": file.size // 1_000_000 + 1, "limit": limit // 1_000_000}
            )
        self.cleaned_data["format"] = recognise(file.file)
        return file


class FormatForm(forms.Form):
    """How the file is read, where it was recognised wrongly."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()))
    separator = forms.ChoiceField(label=_("Separator"), choices=list(SEPARATOR_NAMES.items()))
    sheet = forms.ChoiceField(label=_("Sheet"))
    has_header = forms.BooleanField(label=_("The first row names the columns"), required=False)

    def __init__(self, *args, run: ImportRun, **kwargs):
        super().__init__(*args, initial=run.format, **kwargs)
        self.run = run
        if run.format["kind"] == "xlsx":
            del self.fields["encoding"], self.fields["separator"]
            self.fields["sheet"].choices = [(name, name) for name in run.format["sheets"]]
        else:
            del self.fields["sheet"]


def takes_policies(columns: int) -> bool:
    """Whether a second field for each of so many columns can be sent: Django refuses a form of more than
    DATA_UPLOAD_MAX_NUMBER_FIELDS (1000) before any view sees it."""
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return limit is None or 2 * columns + OTHER_FIELDS <= limit


class TargetField(forms.CharField):
    """Where a column goes, chosen from the page's list or typed as it stands there; empty for nowhere.
    ``names``: what each target is called, by its key."""

    default_error_messages = {
        "unknown": _("Columns go to what the list offers, or nowhere if this is empty.")
    }
    widget = forms.TextInput(
        attrs={"list": "wa-import-targets", "autocomplete": "off", "placeholder": _("Do not import")}
    )

    def __init__(self, *args, names: dict[str, str], **kwargs):
        super().__init__(*args, required=False, **kwargs)
        self.names = names
        self.by_text = {fold(name): key for key, name in names.items()} | {key: key for key in names}

    def prepare_value(self, value):
        return self.names.get(value, value)

    def clean(self, value):
        text = super().clean(value)
        key = self.by_text.get(text, self.by_text.get(fold(text))) if text else ""
        if key is None:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return key


class ColumnsForm(forms.Form):
    """Where each column goes, and what the kind asks beside. Of a very wide file the columns have no policy
    each: the one of the run holds for all."""

    def __init__(self, *args, run: ImportRun, kind: ImportKind, columns, options, samples, **kwargs):
        super().__init__(*args, **kwargs)
        self.run, self.kind = run, kind
        targets = kind.targets(run.user)
        self.many = {target.key for target in targets if target.many}
        self.labels = {target.key: str(target) for target in targets}
        choices = grouped(targets)
        self.is_long = len(run.header) > MANY_COLUMNS
        self.suggestions = suggestions(targets) if self.is_long else []
        names = {key: name for key, name, _group in self.suggestions}
        options_asked = kind.option_fields(run.user, run.header)
        self.is_wide = "policy" in options_asked and not takes_policies(len(run.header))
        self.has_policies = "policy" in options_asked and not self.is_wide
        for position, name in enumerate(run.header):
            chosen = columns[position]
            asked = {
                "initial": chosen["target"],
                "label": gettext("Where “%(name)s” goes") % {"name": name},
            }
            self.fields[f"target_{position}"] = (
                TargetField(names=names, **asked)
                if self.is_long
                else forms.ChoiceField(choices=choices, required=False, **asked)
            )
            if not self.has_policies:
                continue
            self.fields[f"policy_{position}"] = forms.ChoiceField(
                choices=[("", gettext("As chosen below")), *POLICIES.items()],
                required=False,
                initial=chosen.get("policy", ""),
                label=gettext("When there is a value already, for “%(name)s”") % {"name": name},
            )
        self.samples = samples
        self.option_names = []
        for name, field in options_asked.items():
            if name in options:
                field.initial = options[name]
            self.fields[name] = field
            self.option_names.append(name)

    def columns(self):
        """Name, examples and the two choices of each column, for the template."""
        for position, name in enumerate(self.run.header):
            yield {
                "name": name,
                "samples": self.samples[position],
                "target": self[f"target_{position}"],
                "policy": self[f"policy_{position}"] if self.has_policies else None,
            }

    def wrong_columns(self):
        """Those with an error, which may stand far down."""
        return [column for column in self.columns() if column["target"].errors] if self.errors else []

    def option_groups(self):
        """The bound option fields."""
        return [self[name] for name in self.option_names]

    def clean(self):
        cleaned = super().clean()
        columns = [
            {
                "target": cleaned.get(f"target_{position}", ""),
                "policy": cleaned.get(f"policy_{position}", ""),
            }
            for position in range(len(self.run.header))
        ]
        taken: set[str] = set()
        for position, column in enumerate(columns):
            target = column["target"]
            if target in taken and target not in self.many:
                self.add_error(
                    f"target_{position}",
                    gettext("Another column goes to “%(name)s” already.") % {"name": self.labels[target]},
                )
            taken.add(target)
            taken.discard("")
        options = {name: plain(cleaned.get(name)) for name in self.option_names}
        if not self.errors:
            self.kind.check(columns, options)
        cleaned["columns"], cleaned["options"] = columns, options
        return cleaned


def plain(value):
    """An option's value as JSON: objects by their primary key."""
    return value.pk if hasattr(value, "pk") else value


def suggestions(targets) -> list[tuple[str, str, str]]:
    """``(key, name, group)``; a name that two have says its group."""
    called = Counter(fold(str(target)) for target in targets)
    return [
        (
            target.key,
            str(target) if called[fold(str(target))] == 1 else f"{target} ({target.group})",
            str(target.group),
        )
        for target in targets
    ]


def grouped(targets) -> list:
    """Choices under the headings of their groups, those of a custom field called by its label."""
    groups: dict[str, list] = {}
    for target in targets:
        groups.setdefault(str(target.group), []).append((target.key, str(target)))
    return [("", _("Do not import")), *groups.items()]
