import django.core.validators
import django.db.models.deletion
import uuid
import wagtail.fields
import wagtail.models.preview
import wagtail_automation.clock
import wagtail_automation.content.form_actions
import wagtail_automation.content.form_fields
import wagtail_automation.content.landing.sections
import wagtail_automation.content.models
import wagtail_automation.content.promos.kinds
import wagtail_automation.content.surveys.kinds
import wagtail_automation.private
import wagtail_automation.rules.fields
import wagtail_automation.rules.rule
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('wagtail_automation_content', '0001_initial'), ('wagtail_automation_content', '0002_form_steps_files_pages'), ('wagtail_automation_content', '0003_dynamic_content'), ('wagtail_automation_content', '0004_forms_elsewhere'), ('wagtail_automation_content', '0005_web_promos'), ('wagtail_automation_content', '0006_landing_pages'), ('wagtail_automation_content', '0007_surveys'), ('wagtail_automation_content', '0008_assets')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('wagtail_automation_audiences', '0001_squashed'),
        ('wagtail_automation_leads', '0001_squashed'),
        ('wagtail_automation_tracking', '0001_squashed'),
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
        ('wagtaildocs', '0014_alter_document_file_size'),
        ('wagtailimages', '0027_image_description'),
    ]

    operations = [
        migrations.CreateModel(
            name='LandingTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('category', models.CharField(blank=True, help_text='A word by which templates are sorted, such as Event.', max_length=80, verbose_name='category')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='green', max_length=10, verbose_name='colour')),
                ('description', models.TextField(blank=True, max_length=500, verbose_name='description')),
                ('is_published', models.BooleanField(default=True, help_text='Only published templates can be chosen for a new page.', verbose_name='published')),
                ('palette', models.CharField(choices=[('forest', 'Forest'), ('ocean', 'Ocean'), ('plum', 'Plum'), ('sunset', 'Sunset'), ('gold', 'Gold'), ('graphite', 'Graphite')], default='forest', max_length=10, verbose_name='colours')),
                ('body', wagtail_automation.content.landing.sections.SectionsField(blank=True, verbose_name='sections')),
                ('created_at', models.DateTimeField(default=wagtail_automation.clock.now, editable=False, verbose_name='created')),
            ],
            options={
                'verbose_name': 'landing page template',
                'verbose_name_plural': 'landing page templates',
                'ordering': ['category', 'name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Form',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('translation_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(help_text='For you and your colleagues; visitors do not see it.', max_length=100, verbose_name='name')),
                ('fields', wagtail_automation.content.form_fields.FormFieldsField(verbose_name='fields')),
                ('submit_label', models.CharField(blank=True, max_length=60, verbose_name='label of the button')),
                ('thank_you_text', wagtail.fields.RichTextField(blank=True, verbose_name='thank-you text')),
                ('error_text', models.CharField(blank=True, help_text='Leave it empty for the usual words.', max_length=255, verbose_name='text above a form with mistakes')),
                ('ask_at_once', models.PositiveSmallIntegerField(blank=True, help_text='Of the fields that ask only for what is not known, at most so many are shown; the next ones at the next visit. Empty: all of them.', null=True, verbose_name='questions at a time')),
                ('confirm_consents', models.BooleanField(default=False, help_text='Consents to emails and topics count once the person followed a link sent to their address, whatever the topic says (double opt-in).', verbose_name='confirm consents by email')),
                ('embed_origins', models.TextField(blank=True, help_text='One address a line, such as https://www.example.org. The snippet to paste there is behind “Embed”.', max_length=2000, verbose_name='web sites that may show it')),
                ('linked_to', models.CharField(blank=True, help_text="A CSS selector of a form in the site’s own pages, such as #newsletter or form[action='/subscribe/']. What is written there is taken over; fields are found by their name.", max_length=255, verbose_name='existing form')),
                ('actions', wagtail_automation.content.form_actions.FormActionsField(blank=True, verbose_name='actions on submit')),
                ('created_at', models.DateTimeField(default=wagtail_automation.clock.now, editable=False, verbose_name='created')),
                ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
                ('site', models.ForeignKey(blank=True, help_text='Leave it empty to use the form on every site.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.site', verbose_name='site')),
                ('thank_you_page', models.ForeignKey(blank=True, help_text='Shown instead of the thank-you text.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.page', verbose_name='thank-you page')),
            ],
            options={
                'verbose_name': 'form',
                'verbose_name_plural': 'forms',
                'ordering': ['name', 'pk'],
                'abstract': False,
                'unique_together': {('translation_key', 'locale')},
            },
        ),
        migrations.CreateModel(
            name='LandingPage',
            fields=[
                ('hide_navigation', models.BooleanField(default=True, help_text='A landing page with one way forward is answered more often.', verbose_name="hide the site's navigation")),
                ('landing_thank_you', wagtail.fields.RichTextField(blank=True, help_text='Shown at the top of the page after a form on it was sent.', verbose_name='thank-you text of the page')),
                ('no_index', models.BooleanField(default=False, verbose_name='hide from search engines')),
                ('social_title', models.CharField(blank=True, max_length=255, verbose_name='title when shared')),
                ('social_text', models.CharField(blank=True, max_length=300, verbose_name='text when shared')),
                ('page_ptr', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='wa_landing_page', serialize=False, to='wagtailcore.page')),
                ('palette', models.CharField(choices=[('forest', 'Forest'), ('ocean', 'Ocean'), ('plum', 'Plum'), ('sunset', 'Sunset'), ('gold', 'Gold'), ('graphite', 'Graphite')], default='forest', max_length=10, verbose_name='colours')),
                ('body', wagtail_automation.content.landing.sections.SectionsField(blank=True, verbose_name='sections')),
                ('social_image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='picture when shared')),
            ],
            options={
                'verbose_name': 'landing page',
                'verbose_name_plural': 'landing pages',
            },
            bases=('wagtailcore.page', models.Model),
        ),
        migrations.CreateModel(
            name='Showing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('alternative', models.CharField(blank=True, max_length=64)),
                ('is_held_back', models.BooleanField(default=False, verbose_name='held back')),
                ('first_at', models.DateTimeField(verbose_name='first seen')),
                ('last_at', models.DateTimeField(verbose_name='last seen')),
                ('seen_count', models.PositiveIntegerField(default=0, verbose_name='seen')),
                ('clicked_at', models.DateTimeField(blank=True, null=True, verbose_name='first click')),
                ('click_count', models.PositiveIntegerField(default=0, verbose_name='clicks')),
                ('dismissed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='showings', to='wagtail_automation_leads.lead', verbose_name='lead')),
                ('page', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.page', verbose_name='page')),
            ],
            options={
                'verbose_name': 'content shown',
                'verbose_name_plural': 'content shown',
                'indexes': [models.Index(models.F('key'), models.F('alternative'), name='wa_showing_key')],
                'constraints': [models.UniqueConstraint(fields=('lead', 'key', 'alternative', 'is_held_back'), name='wa_showing_once')],
            },
        ),
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('translation_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(help_text='For you and your colleagues; visitors do not see it.', max_length=120, verbose_name='name')),
                ('introduction', wagtail.fields.RichTextField(blank=True, verbose_name='introduction')),
                ('questions', wagtail_automation.content.surveys.kinds.QuestionsField(verbose_name='questions')),
                ('thank_you_text', wagtail.fields.RichTextField(blank=True, verbose_name='thank-you text')),
                ('promoter_text', wagtail.fields.RichTextField(blank=True, help_text='Shown with the links below to those who gave the best answers.', verbose_name='text for those who are content')),
                ('review_links', wagtail.fields.StreamField([('link', 2)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Label', 'max_length': 80}), 1: ('wagtail.blocks.URLBlock', (), {'label': 'Address'}), 2: ('wagtail.blocks.StructBlock', [[('label', 0), ('address', 1)]], {})}, verbose_name='links to share and review')),
                ('is_closed', models.BooleanField(default=False, help_text='A closed survey takes no answers; its results stay.', verbose_name='closed')),
                ('created_at', models.DateTimeField(default=wagtail_automation.clock.now, editable=False, verbose_name='created')),
                ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
            ],
            options={
                'verbose_name': 'survey',
                'verbose_name_plural': 'surveys',
                'ordering': ['name', 'pk'],
                'abstract': False,
                'unique_together': {('translation_key', 'locale')},
            },
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('description', models.TextField(blank=True, max_length=2000, verbose_name='description')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='blue', max_length=10, verbose_name='colour')),
                ('video', models.URLField(blank=True, help_text='A video that stands elsewhere; a file is a document.', verbose_name='address of a video')),
                ('link_days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='days that a signed link works')),
                ('category', models.ForeignKey(blank=True, limit_choices_to={'type': 'asset'}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.category', verbose_name='category')),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtaildocs.document', verbose_name='document')),
                ('image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailimages.image', verbose_name='picture')),
                ('form', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assets', to='wagtail_automation_content.form', verbose_name='form to answer first')),
            ],
            options={
                'verbose_name': 'asset',
                'verbose_name_plural': 'assets',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='FormPage',
            fields=[
                ('page_ptr', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='wa_form_page', serialize=False, to='wagtailcore.page')),
                ('introduction', wagtail.fields.RichTextField(blank=True, verbose_name='introduction')),
                ('form', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtail_automation_content.form', verbose_name='form')),
            ],
            options={
                'verbose_name': 'form page',
                'verbose_name_plural': 'form pages',
            },
            bases=('wagtailcore.page', models.Model),
        ),
        migrations.CreateModel(
            name='FormSubmission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data', models.JSONField(default=dict, verbose_name='answers')),
                ('folded', models.JSONField(default=dict, editable=False)),
                ('at', models.DateTimeField(default=wagtail_automation.clock.now, verbose_name='when')),
                ('key', models.CharField(default=wagtail_automation.content.models.random_key, editable=False, max_length=64, unique=True)),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='wagtail_automation_content.form', verbose_name='form')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='form_submissions', to='wagtail_automation_leads.lead', verbose_name='lead')),
                ('page', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.page', verbose_name='page')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.site', verbose_name='site')),
                ('visitor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_tracking.visitor')),
            ],
            options={
                'verbose_name': 'answer',
                'verbose_name_plural': 'answers',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['form', '-at'], name='wa_submission_form_at'), models.Index(fields=['lead', 'form', 'at'], name='wa_submission_lead')],
            },
        ),
        migrations.CreateModel(
            name='SurveyAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('survey_key', models.UUIDField(editable=False)),
                ('response', models.UUIDField(editable=False)),
                ('question', models.CharField(max_length=50, verbose_name='question')),
                ('kind', models.CharField(max_length=40)),
                ('number', models.SmallIntegerField(blank=True, null=True, verbose_name='answer')),
                ('text', models.TextField(blank=True, verbose_name='words')),
                ('folded', models.TextField(blank=True, editable=False)),
                ('channel', models.CharField(default='web', max_length=10)),
                ('at', models.DateTimeField(default=wagtail_automation.clock.now, verbose_name='when')),
                ('is_latest', models.BooleanField(default=True)),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='survey_answers', to='wagtail_automation_leads.lead', verbose_name='lead')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='wagtail_automation_content.survey', verbose_name='survey')),
            ],
            options={
                'verbose_name': 'survey answer',
                'verbose_name_plural': 'survey answers',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['survey_key', 'question', 'at'], name='wa_survey_answer_at'), models.Index(fields=['lead', 'survey_key'], name='wa_survey_answer_lead')],
                'constraints': [models.UniqueConstraint(fields=('response', 'question'), name='wa_survey_answer_once')],
            },
        ),
        migrations.CreateModel(
            name='WebPromo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('translation_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('live', models.BooleanField(default=True, editable=False, verbose_name='live')),
                ('has_unpublished_changes', models.BooleanField(default=False, editable=False, verbose_name='has unpublished changes')),
                ('first_published_at', models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='first published at')),
                ('last_published_at', models.DateTimeField(editable=False, null=True, verbose_name='last published at')),
                ('go_live_at', models.DateTimeField(blank=True, null=True, verbose_name='go live date/time')),
                ('expire_at', models.DateTimeField(blank=True, null=True, verbose_name='expiry date/time')),
                ('expired', models.BooleanField(default=False, editable=False, verbose_name='expired')),
                ('locked', models.BooleanField(default=False, editable=False, verbose_name='locked')),
                ('locked_at', models.DateTimeField(editable=False, null=True, verbose_name='locked at')),
                ('name', models.CharField(help_text='For you and your colleagues; visitors do not see it.', max_length=120, verbose_name='name')),
                ('kind', models.CharField(choices=wagtail_automation.content.promos.kinds.choices, default='slide', max_length=40, verbose_name='how it stands')),
                ('content', wagtail.fields.StreamField([('content', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Heading', 'max_length': 160, 'required': False}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ul', 'ol'], 'label': 'Text', 'required': False}), 2: ('wagtail.images.blocks.ImageChooserBlock', (), {'label': 'Picture', 'required': False}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Words on the button', 'max_length': 60, 'required': False}), 4: ('wagtail.blocks.PageChooserBlock', (), {'label': 'Leads to the page', 'required': False}), 5: ('wagtail.blocks.URLBlock', (), {'label': 'Or to the address', 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('heading', 0), ('text', 1), ('picture', 2), ('label', 3), ('page', 4), ('address', 5)]], {})}, verbose_name='content')),
                ('rule', wagtail_automation.rules.fields.RuleField(blank=True, default=wagtail_automation.rules.rule.Rule, verbose_name='shown to')),
                ('paths', models.TextField(blank=True, help_text='One address a line, such as /blog/*; * stands for anything, a minus in front excludes. Leave it empty for every page.', max_length=4000, verbose_name='pages')),
                ('device', models.CharField(blank=True, choices=[('', 'Any'), ('phone', 'Phone'), ('tablet', 'Tablet'), ('desktop', 'Computer')], default='', max_length=8, verbose_name='device')),
                ('moment', models.CharField(choices=[('now', 'At once'), ('after', 'After so many seconds'), ('scroll', 'After scrolling so many percent'), ('exit', 'When the visitor is about to leave')], default='now', max_length=8, verbose_name='when')),
                ('moment_value', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MaxValueValidator(3600)], verbose_name='seconds or percent')),
                ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='from')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('priority', models.PositiveSmallIntegerField(default=50, help_text='Where several would stand together, the highest one does.', verbose_name='priority')),
                ('most_times', models.PositiveSmallIntegerField(default=0, help_text='0: as often as they come.', verbose_name='times for one person at most')),
                ('rest_days', models.PositiveSmallIntegerField(default=0, help_text='0: again on the next page.', verbose_name='days between two times')),
                ('closed_days', models.PositiveSmallIntegerField(default=30, help_text='0: for ever.', verbose_name='days it stays away after being closed')),
                ('holdout', models.PositiveSmallIntegerField(default=0, help_text='So many of the known people do not see it, so that its effect can be measured.', validators=[django.core.validators.MaxValueValidator(50)], verbose_name='hold back, in percent')),
                ('form', models.ForeignKey(blank=True, help_text='Shown below the text.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='promos', to='wagtail_automation_content.form', verbose_name='form')),
                ('goal', models.ForeignKey(blank=True, help_text='Counted for those who saw it, from then on.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='promos', to='wagtail_automation_audiences.goal', verbose_name='goal')),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
                ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
                ('site', models.ForeignKey(blank=True, help_text='Leave it empty for every site.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtailcore.site', verbose_name='site')),
            ],
            options={
                'verbose_name': 'web promo',
                'verbose_name_plural': 'web promos',
                'ordering': ['-priority', 'name', 'pk'],
                'abstract': False,
                'unique_together': {('translation_key', 'locale')},
            },
            bases=(wagtail.models.preview.PreviewableMixin, models.Model),
        ),
        migrations.CreateModel(
            name='FormFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('field_key', models.CharField(max_length=50, verbose_name='key')),
                ('file', models.FileField(max_length=200, storage=wagtail_automation.private.private_storage, upload_to=wagtail_automation.content.models.file_path, verbose_name='file')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='wagtail_automation_content.formsubmission', verbose_name='answer')),
            ],
            options={
                'verbose_name': 'file of an answer',
                'verbose_name_plural': 'files of answers',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='AssetDownload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='downloads', to='wagtail_automation_content.asset', verbose_name='asset')),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='downloads', to='wagtail_automation_leads.lead', verbose_name='lead')),
            ],
            options={
                'verbose_name': 'download',
                'verbose_name_plural': 'downloads',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['asset', '-at'], name='wa_download_at')],
            },
        ),
    ]
