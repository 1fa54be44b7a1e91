import django.core.validators
import django.db.models.deletion
import modelcluster.fields
import uuid
import wagtail.fields
import wagtail.models.preview
import wagtail_automation.audiences.scoring.fields
import wagtail_automation.audiences.watching.triggers
import wagtail_automation.clock
import wagtail_automation.rules.fields
import wagtail_automation.rules.rule
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('wagtail_automation_audiences', '0001_initial'), ('wagtail_automation_audiences', '0002_categories'), ('wagtail_automation_audiences', '0003_personas_growth_and_builtin_lists'), ('wagtail_automation_audiences', '0004_scores_stages_goals'), ('wagtail_automation_audiences', '0005_experiments'), ('wagtail_automation_audiences', '0006_dynamic_content')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('wagtail_automation_leads', '0001_squashed'),
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
        ('wagtailimages', '0027_image_description'),
    ]

    operations = [
        migrations.CreateModel(
            name='DirtyLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead_id', models.BigIntegerField()),
                ('fact', models.CharField(max_length=160)),
            ],
            options={
                'verbose_name': 'changed lead',
                'verbose_name_plural': 'changed leads',
            },
        ),
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=360, unique=True)),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='green', max_length=10, verbose_name='colour')),
                ('counting', models.CharField(choices=[('once', 'Once for each person'), ('each', 'Each time')], default='once', max_length=4, verbose_name='counts')),
                ('value', models.PositiveBigIntegerField(default=0, help_text='In the smallest unit of the currency, such as cents; in points without a currency.', validators=[django.core.validators.MaxValueValidator(1000000000000)], verbose_name='value')),
                ('currency', models.CharField(blank=True, help_text='Three capital letters, such as EUR. Leave it empty for points.', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'Three capital letters, such as EUR.')], verbose_name='currency')),
                ('rule', wagtail_automation.rules.fields.RuleField(blank=True, default=wagtail_automation.rules.rule.Rule, verbose_name='who reaches it')),
                ('events', wagtail_automation.audiences.watching.triggers.TriggersField(blank=True, verbose_name='or what happens')),
                ('archived', models.BooleanField(default=False, help_text='An archived goal is not reached any more; its past stays.', verbose_name='archived')),
            ],
            options={
                'verbose_name': 'goal',
                'verbose_name_plural': 'goals',
                'ordering': ['folded', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Interest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=240, unique=True)),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='green', max_length=10, verbose_name='colour')),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
                ('tags', models.TextField(blank=True, help_text='Tags of pages, separated by commas. Capitals and accents make no difference.', max_length=2000, verbose_name='page tags')),
                ('addresses', models.TextField(blank=True, help_text='One a line, such as /shop/* or https://partner.example/*: pages viewed and links clicked.', max_length=4000, verbose_name='addresses')),
                ('page_points', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MaxValueValidator(1000)], verbose_name='points for a page view')),
                ('click_points', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MaxValueValidator(1000)], verbose_name='points for a click')),
                ('half_life_days', models.PositiveSmallIntegerField(default=30, help_text='After so many days without anything new, an interest is worth half.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='half-life in days')),
            ],
            options={
                'verbose_name': 'interest',
                'verbose_name_plural': 'interests',
                'ordering': ['folded', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ScoreGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=240, unique=True)),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='blue', max_length=10, verbose_name='colour')),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
                ('in_total', models.BooleanField(default=True, help_text="Points of this group are added to the lead's total score.", verbose_name='part of the total score')),
            ],
            options={
                'verbose_name': 'score group',
                'verbose_name_plural': 'score groups',
                'ordering': ['folded', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=240, unique=True)),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='grey', max_length=10, verbose_name='colour')),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
            ],
            options={
                'verbose_name': 'tag',
                'verbose_name_plural': 'tags',
                'ordering': ['folded', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=60, unique=True)),
                ('rule', wagtail_automation.rules.fields.RuleField(default=wagtail_automation.rules.rule.Rule, verbose_name='rule')),
                ('is_quiet', models.BooleanField(default=False)),
                ('is_new', models.BooleanField(default=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('looks', models.PositiveSmallIntegerField(default=2)),
                ('refreshed_at', models.DateTimeField(null=True)),
                ('problem', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'watched rule',
                'verbose_name_plural': 'watched rules',
            },
        ),
        migrations.CreateModel(
            name='WatchDirty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead_id', models.BigIntegerField()),
                ('fact', models.CharField(max_length=160)),
            ],
            options={
                'verbose_name': 'changed lead of a watched rule',
                'verbose_name_plural': 'changed leads of watched rules',
            },
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('type', models.CharField(choices=[('asset', 'Asset'), ('campaign', 'Campaign'), ('email', 'Email'), ('marketing_message', 'Marketing message'), ('score_set', 'Score set'), ('score_threshold', 'Score threshold'), ('stage', 'Stage'), ('segment', 'Segment'), ('text_message', 'Text message')], max_length=20, verbose_name='type')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=240)),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='grey', max_length=10, verbose_name='colour')),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
            ],
            options={
                'verbose_name': 'category',
                'verbose_name_plural': 'categories',
                'ordering': ['type', 'folded', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('type', 'folded'), name='wa_category_name')],
            },
        ),
        migrations.CreateModel(
            name='LeadList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='blue', max_length=10, verbose_name='colour')),
                ('archived', models.BooleanField(default=False, help_text='An archived list keeps its members and goes on working, but choosers hide it.', verbose_name='archived')),
                ('builtin', models.CharField(blank=True, choices=[('all', 'All leads'), ('unsubscribed', 'Unsubscribed people'), ('bounced', 'Bounced addresses'), ('test', 'Test group'), ('internal', 'Internal copies')], editable=False, max_length=12, verbose_name='kept by the system')),
                ('filling', models.JSONField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'list',
                'verbose_name_plural': 'lists',
                'ordering': ['name', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('builtin', ''), _negated=True), fields=('builtin',), name='wa_list_builtin')],
            },
        ),
        migrations.CreateModel(
            name='Listener',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=60)),
                ('event', models.CharField(max_length=40)),
                ('object_key', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'listener',
                'verbose_name_plural': 'listeners',
                'indexes': [models.Index(fields=['event'], name='wa_listener_event'), models.Index(fields=['owner'], name='wa_listener_owner')],
            },
        ),
        migrations.CreateModel(
            name='PendingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('object_kind', models.SmallIntegerField(null=True)),
                ('object_key', models.UUIDField(null=True)),
                ('url', models.TextField(blank=True)),
                ('value', models.BigIntegerField(null=True)),
                ('data', models.JSONField(default=dict)),
                ('channel', models.CharField(blank=True, max_length=20)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'event to be worked off',
                'verbose_name_plural': 'events to be worked off',
                'indexes': [models.Index(fields=['lead_id'], name='wa_pending_lead')],
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('live', models.BooleanField(default=True, editable=False, verbose_name='live')),
                ('has_unpublished_changes', models.BooleanField(default=False, editable=False, verbose_name='has unpublished changes')),
                ('first_published_at', models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='first published at')),
                ('last_published_at', models.DateTimeField(editable=False, null=True, verbose_name='last published at')),
                ('go_live_at', models.DateTimeField(blank=True, null=True, verbose_name='go live date/time')),
                ('expire_at', models.DateTimeField(blank=True, null=True, verbose_name='expiry date/time')),
                ('expired', models.BooleanField(default=False, editable=False, verbose_name='expired')),
                ('locked', models.BooleanField(default=False, editable=False, verbose_name='locked')),
                ('locked_at', models.DateTimeField(editable=False, null=True, verbose_name='locked at')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='teal', max_length=10, verbose_name='colour')),
                ('rule', wagtail_automation.rules.fields.RuleField(default=wagtail_automation.rules.rule.Rule, verbose_name='rule')),
                ('persona_name', models.CharField(blank=True, help_text='A made-up person who stands for this segment, such as “Camille, head of purchasing”.', max_length=80, verbose_name='name of the persona')),
                ('persona_text', models.TextField(blank=True, help_text='What this person wants, fears and asks for.', max_length=2000, verbose_name='who that is')),
                ('archived', models.BooleanField(default=False, editable=False, help_text='An archived segment goes on working where it is used, but choosers hide it.', verbose_name='archived')),
                ('category', models.ForeignKey(blank=True, limit_choices_to={'type': 'segment'}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.category', verbose_name='category')),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
                ('persona_picture', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='picture of the persona')),
            ],
            options={
                'verbose_name': 'segment',
                'verbose_name_plural': 'segments',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='DynamicContent',
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
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('alternatives', wagtail.fields.StreamField([('alternative', 9)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Heading', 'max_length': 160, 'required': False}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ul', 'ol'], 'label': 'Text', 'required': False}), 2: ('wagtail.images.blocks.ImageChooserBlock', (), {'label': 'Picture', 'required': False}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Words on the button', 'max_length': 60, 'required': False}), 4: ('wagtail.blocks.PageChooserBlock', (), {'label': 'Leads to the page', 'required': False}), 5: ('wagtail.blocks.URLBlock', (), {'label': 'Or to the address', 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('heading', 0), ('text', 1), ('picture', 2), ('label', 3), ('page', 4), ('address', 5)]], {}), 7: ('wagtail.blocks.CharBlock', (), {'label': 'Name', 'max_length': 100}), 8: ('wagtail_automation.rules.blocks.RuleBlock', [], {}), 9: ('wagtail.blocks.StructBlock', [[('content', 6), ('name', 7), ('rule', 8)]], {})}, verbose_name='alternatives')),
                ('fallback', wagtail.fields.StreamField([('content', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Heading', 'max_length': 160, 'required': False}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ul', 'ol'], 'label': 'Text', 'required': False}), 2: ('wagtail.images.blocks.ImageChooserBlock', (), {'label': 'Picture', 'required': False}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Words on the button', 'max_length': 60, 'required': False}), 4: ('wagtail.blocks.PageChooserBlock', (), {'label': 'Leads to the page', 'required': False}), 5: ('wagtail.blocks.URLBlock', (), {'label': 'Or to the address', 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('heading', 0), ('text', 1), ('picture', 2), ('label', 3), ('page', 4), ('address', 5)]], {})}, help_text='What those see who match no rule, are not known, or read without JavaScript.', verbose_name='everybody else')),
                ('holdout', models.PositiveSmallIntegerField(default=0, help_text='So many of those who match see what everybody else sees, always the same people: only the comparison with them shows what the alternative does.', validators=[django.core.validators.MaxValueValidator(50)], verbose_name='hold back, in percent')),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
                ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
                ('goal', models.ForeignKey(blank=True, help_text='Counted for those who saw it, from then on.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='dynamic_contents', to='wagtail_automation_audiences.goal', verbose_name='goal')),
            ],
            options={
                'verbose_name': 'dynamic content',
                'verbose_name_plural': 'dynamic contents',
                'ordering': ['name', 'pk'],
                'abstract': False,
                'unique_together': {('translation_key', 'locale')},
            },
            bases=(wagtail.models.preview.PreviewableMixin, models.Model),
        ),
        migrations.CreateModel(
            name='GoalReach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('value', models.BigIntegerField(default=0, verbose_name='value')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('origin', models.CharField(blank=True, max_length=80, verbose_name='origin')),
                ('goal', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='reaches', to='wagtail_automation_audiences.goal', verbose_name='goal')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='goals', to='wagtail_automation_leads.lead', verbose_name='lead')),
            ],
            options={
                'verbose_name': 'goal reached',
                'verbose_name_plural': 'goals reached',
                'indexes': [models.Index(fields=['lead'], name='wa_goal_reach_lead'), models.Index(fields=['goal', 'at'], name='wa_goal_reach_at')],
                'constraints': [models.UniqueConstraint(fields=('goal', 'lead', 'key'), name='wa_goal_reach')],
            },
        ),
        migrations.CreateModel(
            name='InterestSection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('interest', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='sections', to='wagtail_automation_audiences.interest')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtailcore.page', verbose_name='page')),
            ],
            options={
                'verbose_name': 'section',
                'verbose_name_plural': 'sections',
                'constraints': [models.UniqueConstraint(fields=('interest', 'page'), name='wa_interest_section')],
            },
        ),
        migrations.CreateModel(
            name='LeadInterest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('strength', models.FloatField()),
                ('interest', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='leads', to='wagtail_automation_audiences.interest')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='interests', to='wagtail_automation_leads.lead')),
            ],
            options={
                'verbose_name': 'interest of a lead',
                'verbose_name_plural': 'interests of leads',
                'indexes': [models.Index(fields=['lead'], name='wa_interest_of_lead')],
                'constraints': [models.UniqueConstraint(fields=('interest', 'lead'), name='wa_lead_interest')],
            },
        ),
        migrations.CreateModel(
            name='ListDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('count', models.PositiveIntegerField(verbose_name='members')),
                ('list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='wagtail_automation_audiences.leadlist')),
            ],
            options={
                'verbose_name': 'members of a list on a day',
                'verbose_name_plural': 'members of lists by day',
                'constraints': [models.UniqueConstraint(fields=('list', 'day'), name='wa_list_day')],
            },
        ),
        migrations.CreateModel(
            name='ListMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_at', models.DateTimeField(verbose_name='added at')),
                ('origin', models.CharField(blank=True, help_text='Who added the lead, such as “campaign:12” or “form:…”.', max_length=80, verbose_name='origin')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='list_memberships', to='wagtail_automation_leads.lead', verbose_name='lead')),
                ('list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='wagtail_automation_audiences.leadlist', verbose_name='list')),
            ],
            options={
                'verbose_name': 'list membership',
                'verbose_name_plural': 'list memberships',
                'indexes': [models.Index(fields=['lead', 'list'], name='wa_list_of_lead')],
                'constraints': [models.UniqueConstraint(fields=('list', 'lead'), name='wa_list_member')],
            },
        ),
        migrations.CreateModel(
            name='ScoreEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('key', models.CharField(max_length=110)),
                ('source', models.CharField(max_length=90)),
                ('points', models.BigIntegerField(verbose_name='points')),
                ('times', models.PositiveIntegerField(verbose_name='times')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='score_entries', to='wagtail_automation_leads.lead')),
                ('group', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_audiences.scoregroup')),
            ],
            options={
                'verbose_name': 'score change',
                'verbose_name_plural': 'score changes',
                'constraints': [models.UniqueConstraint(fields=('lead', 'day', 'key'), name='wa_score_entry')],
            },
        ),
        migrations.CreateModel(
            name='ScoreDecay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(choices=[('percent', 'Per cent'), ('points', 'Points')], default='percent', max_length=8, verbose_name='unit')),
                ('amount', models.PositiveIntegerField(default=10, help_text='How much fades: this many per cent, or this many points. Nothing fades beyond zero.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000)], verbose_name='amount')),
                ('days', models.PositiveSmallIntegerField(default=30, help_text='Once for every so many days in which the person did nothing.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='days')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('next_day', models.DateField(editable=False, null=True)),
                ('done_day', models.DateField(editable=False, null=True)),
                ('done_to', models.BigIntegerField(default=0, editable=False)),
                ('group', models.OneToOneField(blank=True, help_text='Leave it empty for the points that belong to no group.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='decay', to='wagtail_automation_audiences.scoregroup', verbose_name='score group')),
            ],
            options={
                'verbose_name': 'score decay',
                'verbose_name_plural': 'score decays',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='GroupScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.IntegerField(default=0, verbose_name='points')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='group_scores', to='wagtail_automation_leads.lead')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='wagtail_automation_audiences.scoregroup')),
            ],
            options={
                'verbose_name': 'score in a group',
                'verbose_name_plural': 'scores in groups',
                'indexes': [models.Index(fields=['lead'], name='wa_group_score_lead')],
                'constraints': [models.UniqueConstraint(fields=('group', 'lead'), name='wa_group_score')],
            },
        ),
        migrations.CreateModel(
            name='ScoreSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('live', models.BooleanField(default=True, editable=False, verbose_name='live')),
                ('has_unpublished_changes', models.BooleanField(default=False, editable=False, verbose_name='has unpublished changes')),
                ('first_published_at', models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='first published at')),
                ('last_published_at', models.DateTimeField(editable=False, null=True, verbose_name='last published at')),
                ('go_live_at', models.DateTimeField(blank=True, null=True, verbose_name='go live date/time')),
                ('expire_at', models.DateTimeField(blank=True, null=True, verbose_name='expiry date/time')),
                ('expired', models.BooleanField(default=False, editable=False, verbose_name='expired')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
                ('rules', wagtail_automation.audiences.scoring.fields.ScoreRulesField(blank=True, verbose_name='rules')),
                ('category', models.ForeignKey(blank=True, limit_choices_to={'type': 'score_set'}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.category', verbose_name='category')),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
            ],
            options={
                'verbose_name': 'score set',
                'verbose_name_plural': 'score sets',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ScoreThreshold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('points', models.IntegerField(validators=[django.core.validators.MinValueValidator(-2000000000), django.core.validators.MaxValueValidator(2000000000)], verbose_name='points')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='amber', max_length=10, verbose_name='colour')),
                ('category', models.ForeignKey(blank=True, limit_choices_to={'type': 'score_threshold'}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.category', verbose_name='category')),
                ('group', models.ForeignKey(blank=True, help_text='Leave it empty for the total score.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='thresholds', to='wagtail_automation_audiences.scoregroup', verbose_name='score group')),
            ],
            options={
                'verbose_name': 'score threshold',
                'verbose_name_plural': 'score thresholds',
                'ordering': ['points', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Stage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=240, unique=True)),
                ('weight', models.PositiveIntegerField(default=10, help_text='The order: higher means further. Two stages never have the same weight.', unique=True, validators=[django.core.validators.MaxValueValidator(1000000)], verbose_name='weight')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='teal', max_length=10, verbose_name='colour')),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
                ('forward_only', models.BooleanField(default=True, help_text='Rules and campaigns move people here only from a lower weight. People move them freely.', verbose_name='forward only')),
                ('rule', wagtail_automation.rules.fields.RuleField(blank=True, default=wagtail_automation.rules.rule.Rule, verbose_name='who is moved here')),
                ('category', models.ForeignKey(blank=True, limit_choices_to={'type': 'stage'}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.category', verbose_name='category')),
            ],
            options={
                'verbose_name': 'stage',
                'verbose_name_plural': 'stages',
                'ordering': ['weight', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='LeadTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_at', models.DateTimeField(verbose_name='added at')),
                ('origin', models.CharField(blank=True, max_length=80, verbose_name='origin')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='wagtail_automation_leads.lead')),
                ('tag', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='leads', to='wagtail_automation_audiences.tag')),
            ],
            options={
                'verbose_name': 'tag of a lead',
                'verbose_name_plural': 'tags of leads',
                'indexes': [models.Index(fields=['lead', 'tag'], name='wa_lead_tag')],
                'constraints': [models.UniqueConstraint(fields=('tag', 'lead'), name='wa_tag_lead')],
            },
        ),
        migrations.CreateModel(
            name='WatchFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=160)),
                ('watch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facts', to='wagtail_automation_audiences.watch')),
            ],
            options={
                'verbose_name': 'fact of a watched rule',
                'verbose_name_plural': 'facts of watched rules',
                'constraints': [models.UniqueConstraint(fields=('fact', 'watch'), name='wa_watch_fact')],
            },
        ),
        migrations.CreateModel(
            name='WatchMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('matches', models.BooleanField(default=True)),
                ('since_at', models.DateTimeField()),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_leads.lead')),
                ('watch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='wagtail_automation_audiences.watch')),
            ],
            options={
                'verbose_name': 'match of a watched rule',
                'verbose_name_plural': 'matches of watched rules',
                'indexes': [models.Index(fields=['lead'], name='wa_watch_of_lead')],
                'constraints': [models.UniqueConstraint(fields=('watch', 'lead'), name='wa_watch_match')],
            },
        ),
        migrations.CreateModel(
            name='ScoreRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField()),
                ('is_active', models.BooleanField(default=True)),
                ('type', models.CharField(max_length=80)),
                ('config', models.JSONField(default=dict)),
                ('operation', models.CharField(choices=[('add', 'Add points (+)'), ('subtract', 'Take away points (−)'), ('multiply', 'Multiply by (×)'), ('set', 'Set to (=)')], max_length=10)),
                ('value', models.FloatField()),
                ('frequency', models.CharField(choices=[('once', 'Once for each person'), ('each', 'Each time'), ('daily', 'At most so many times a day')], max_length=6)),
                ('per_day', models.PositiveSmallIntegerField(default=1)),
                ('group', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.scoregroup', verbose_name='score group')),
                ('score_set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='published_rules', to='wagtail_automation_audiences.scoreset')),
            ],
            options={
                'verbose_name': 'score rule',
                'verbose_name_plural': 'score rules',
                'constraints': [models.UniqueConstraint(fields=('score_set', 'uuid'), name='wa_score_rule')],
            },
        ),
        migrations.CreateModel(
            name='SegmentState',
            fields=[
                ('segment', models.OneToOneField(db_index=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='state', serialize=False, to='wagtail_automation_audiences.segment')),
                ('member_count', models.PositiveIntegerField(default=0, verbose_name='members')),
                ('refreshed_at', models.DateTimeField(null=True, verbose_name='refreshed at')),
                ('looks', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(null=True)),
                ('problem', models.TextField(blank=True, verbose_name='problem')),
            ],
            options={
                'verbose_name': 'segment state',
                'verbose_name_plural': 'segment states',
            },
        ),
        migrations.CreateModel(
            name='SegmentDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('count', models.PositiveIntegerField(verbose_name='members')),
                ('segment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='wagtail_automation_audiences.segment')),
            ],
            options={
                'verbose_name': 'members of a segment on a day',
                'verbose_name_plural': 'members of segments by day',
                'constraints': [models.UniqueConstraint(fields=('segment', 'day'), name='wa_segment_day')],
            },
        ),
        migrations.CreateModel(
            name='SegmentFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=160)),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facts', to='wagtail_automation_audiences.segment')),
            ],
            options={
                'verbose_name': 'segment fact',
                'verbose_name_plural': 'segment facts',
                'constraints': [models.UniqueConstraint(fields=('fact', 'segment'), name='wa_segment_fact')],
            },
        ),
        migrations.CreateModel(
            name='SegmentMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_at', models.DateTimeField(verbose_name='joined at')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='segment_memberships', to='wagtail_automation_leads.lead')),
                ('segment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='wagtail_automation_audiences.segment')),
            ],
            options={
                'verbose_name': 'segment membership',
                'verbose_name_plural': 'segment memberships',
                'indexes': [models.Index(fields=['lead', 'segment'], name='wa_segment_of_lead')],
                'constraints': [models.UniqueConstraint(fields=('segment', 'lead'), name='wa_segment_member')],
            },
        ),
        migrations.CreateModel(
            name='LeadStage',
            fields=[
                ('lead', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='stage', serialize=False, to='wagtail_automation_leads.lead')),
                ('since_at', models.DateTimeField(verbose_name='since')),
                ('origin', models.CharField(blank=True, max_length=80, verbose_name='origin')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leads', to='wagtail_automation_audiences.stage', verbose_name='stage')),
            ],
            options={
                'verbose_name': 'stage of a lead',
                'verbose_name_plural': 'stages of leads',
            },
        ),
        migrations.CreateModel(
            name='StageMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('left_at', models.DateTimeField(null=True)),
                ('origin', models.CharField(blank=True, max_length=80, verbose_name='origin')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='stage_moves', to='wagtail_automation_leads.lead')),
                ('stage', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='moves', to='wagtail_automation_audiences.stage')),
            ],
            options={
                'verbose_name': 'move to a stage',
                'verbose_name_plural': 'moves to stages',
                'indexes': [models.Index(fields=['lead', 'at'], name='wa_stage_move_lead'), models.Index(fields=['stage', 'at'], name='wa_stage_move_stage')],
            },
        ),
        migrations.CreateModel(
            name='ScoreOnce',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_leads.lead')),
                ('rule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_audiences.scorerule')),
            ],
            options={
                'verbose_name': 'points given once',
                'verbose_name_plural': 'points given once',
                'indexes': [models.Index(fields=['lead'], name='wa_score_once_lead')],
                'constraints': [models.UniqueConstraint(fields=('rule', 'lead'), name='wa_score_once')],
            },
        ),
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('place', models.CharField(editable=False, max_length=120, unique=True)),
                ('metric', models.CharField(default='click', editable=False, max_length=20)),
                ('least', models.PositiveIntegerField(default=100, help_text='Before so many saw each variant nothing is concluded.', validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(1000000)], verbose_name='people needed for each variant')),
                ('share', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='share of people who take part, in percent')),
                ('is_automatic', models.BooleanField(default=True, verbose_name='take the winner as soon as it is proved')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='ends at the latest')),
                ('at_end', models.CharField(choices=[('first', 'keep the first variant'), ('leader', 'take the variant that leads, even without proof')], default='first', max_length=6, verbose_name='without a winner by then')),
                ('started_at', models.DateTimeField(default=wagtail_automation.clock.now, editable=False, verbose_name='started')),
                ('decided_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='decided')),
                ('outcome', models.JSONField(default=dict, editable=False)),
                ('goal', models.ForeignKey(blank=True, help_text='Empty: what the place itself counts, such as clicks.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='experiments', to='wagtail_automation_audiences.goal', verbose_name='goal')),
            ],
            options={
                'verbose_name': 'experiment',
                'verbose_name_plural': 'experiments',
                'ordering': ['-started_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ExperimentVariant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('weight', models.PositiveIntegerField(default=1, verbose_name='weight')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variants', to='wagtail_automation_audiences.experiment')),
            ],
            options={
                'verbose_name': 'variant',
                'verbose_name_plural': 'variants',
                'ordering': ['position', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('experiment', 'key'), name='wa_experiment_variant')],
            },
        ),
        migrations.CreateModel(
            name='ExperimentOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=20)),
                ('value', models.BigIntegerField(default=0)),
                ('at', models.DateTimeField(verbose_name='time')),
                ('experiment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='outcomes', to='wagtail_automation_audiences.experiment')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='experiment_outcomes', to='wagtail_automation_leads.lead')),
            ],
            options={
                'verbose_name': 'outcome of an experiment',
                'verbose_name_plural': 'outcomes of experiments',
                'constraints': [models.UniqueConstraint(fields=('experiment', 'lead', 'metric'), name='wa_experiment_outcome')],
            },
        ),
        migrations.CreateModel(
            name='ExperimentExposure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('is_mixed', models.BooleanField(default=False)),
                ('experiment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='exposures', to='wagtail_automation_audiences.experiment')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='experiments', to='wagtail_automation_leads.lead')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exposures', to='wagtail_automation_audiences.experimentvariant')),
            ],
            options={
                'verbose_name': 'variant shown',
                'verbose_name_plural': 'variants shown',
                'constraints': [models.UniqueConstraint(fields=('experiment', 'lead'), name='wa_experiment_exposure')],
            },
        ),
        migrations.AddField(
            model_name='Experiment',
            name='winner',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.experimentvariant', verbose_name='winner'),
        ),
    ]
