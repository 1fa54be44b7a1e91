import django.core.validators
import django.db.models.deletion
import modelsearch.index
import uuid
import wagtail_automation.campaigns.limits.models
import wagtail_automation.campaigns.tree.fields
import wagtail_automation.clock
import wagtail_automation.rules.fields
import wagtail_automation.rules.rule
from django.conf import settings
from django.db import migrations, models


#: How PostgreSQL stores enrollments: room for updates in each page, and early vacuuming. They move all the
#: time and their due index changes with each move; without this, claiming slows from 23 to 84 microseconds
#: within one run over 200,000 of them.
STORED = """
    ALTER TABLE wagtail_automation_campaigns_enrollment SET (
        fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1
    )
"""


def store_on_postgresql(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(STORED)


class Migration(migrations.Migration):

    replaces = [('wagtail_automation_campaigns', '0001_initial'), ('wagtail_automation_campaigns', '0002_storage'), ('wagtail_automation_campaigns', '0003_rules_of_entering'), ('wagtail_automation_campaigns', '0004_starts_and_ends'), ('wagtail_automation_campaigns', '0005_limits_and_goals'), ('wagtail_automation_campaigns', '0006_what_an_import_misses'), ('wagtail_automation_campaigns', '0007_what_monitoring_reads'), ('wagtail_automation_campaigns', '0008_days_of_counts'), ('wagtail_automation_campaigns', '0009_by_hand_and_removed_steps')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('wagtail_automation_audiences', '0001_squashed'),
        ('wagtail_automation_leads', '0001_squashed'),
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cap', models.PositiveSmallIntegerField(default=0, help_text='For one person, over all campaigns. 0: any number. More are skipped.', validators=[django.core.validators.MaxValueValidator(1000)], verbose_name='messages at most')),
                ('cap_days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='within so many days')),
                ('quiet_begin', models.TimeField(blank=True, null=True, verbose_name='quiet from')),
                ('quiet_end', models.TimeField(blank=True, help_text='Where the person lives; over midnight works. Messages wait until then.', null=True, verbose_name='quiet until')),
                ('weekdays', wagtail_automation.campaigns.limits.models.WeekdaysField(default='0123456', max_length=7, verbose_name='days on which people are written to')),
                ('holidays_country', models.CharField(blank=True, help_text='Two letters of a country, such as FR. Empty: holidays do not count.', max_length=2, validators=[wagtail_automation.campaigns.limits.models.check_country], verbose_name='not on holidays of')),
                ('holidays_own', models.BooleanField(default=False, verbose_name="holidays of the person's own country, where it is known")),
                ('site', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, to='wagtailcore.site')),
            ],
            options={
                'verbose_name': 'contact rules',
                'verbose_name_plural': 'contact rules',
            },
        ),
        migrations.CreateModel(
            name='FactNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=100)),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_leads.lead')),
            ],
            options={
                'verbose_name': 'note of a changed fact',
                'verbose_name_plural': 'notes of changed facts',
            },
        ),
        migrations.CreateModel(
            name='Campaign',
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
                ('cap', models.PositiveSmallIntegerField(default=0, help_text='For one person, over all campaigns. 0: any number. More are skipped.', validators=[django.core.validators.MaxValueValidator(1000)], verbose_name='messages at most')),
                ('cap_days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='within so many days')),
                ('quiet_begin', models.TimeField(blank=True, null=True, verbose_name='quiet from')),
                ('quiet_end', models.TimeField(blank=True, help_text='Where the person lives; over midnight works. Messages wait until then.', null=True, verbose_name='quiet until')),
                ('weekdays', wagtail_automation.campaigns.limits.models.WeekdaysField(default='0123456', max_length=7, verbose_name='days on which people are written to')),
                ('holidays_country', models.CharField(blank=True, help_text='Two letters of a country, such as FR. Empty: holidays do not count.', max_length=2, validators=[wagtail_automation.campaigns.limits.models.check_country], verbose_name='not on holidays of')),
                ('holidays_own', models.BooleanField(default=False, verbose_name="holidays of the person's own country, where it is known")),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('tree', wagtail_automation.campaigns.tree.fields.CampaignTreeField(blank=True, verbose_name='steps')),
                ('reentry', models.CharField(choices=[('never', 'Never'), ('each', 'Each time it is triggered'), ('after', 'After some days')], default='never', max_length=8, verbose_name='may enter again')),
                ('reentry_days', models.PositiveSmallIntegerField(default=30, help_text='Counted from the last time they entered.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='days before entering again')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('teal', 'Teal'), ('green', 'Green'), ('amber', 'Amber'), ('red', 'Red'), ('pink', 'Pink'), ('violet', 'Violet')], default='grey', max_length=10, verbose_name='colour')),
                ('starts_at', models.DateTimeField(blank=True, help_text='Nobody enters before. Empty: at once.', null=True, verbose_name='start')),
                ('ends_at', models.DateTimeField(blank=True, help_text='Nobody enters any more. Empty: never.', null=True, verbose_name='end')),
                ('at_end', models.CharField(choices=[('finish', 'They go on to the end'), ('leave', 'They leave at once')], default='finish', max_length=8, verbose_name='people inside at the end')),
                ('at_removed', models.CharField(choices=[('next', 'They go on at the next step that is left'), ('leave', 'They leave the campaign')], default='next', help_text='When the campaign is published. Where no step is left behind theirs they leave.', max_length=5, verbose_name='people at removed steps')),
                ('goal', wagtail_automation.rules.fields.RuleField(blank=True, default=wagtail_automation.rules.rule.Rule, help_text='Who has reached it leaves with success before the next step.', verbose_name='goal')),
                ('exit_rule', wagtail_automation.rules.fields.RuleField(blank=True, default=wagtail_automation.rules.rule.Rule, help_text='Of whom this is true leaves before the next step.', verbose_name='leave when')),
                ('holdout', models.PositiveSmallIntegerField(default=0, help_text='This share of the people gets nothing, to compare with. Always the same people.', validators=[django.core.validators.MaxValueValidator(90)], verbose_name='held out, in percent')),
                ('limits', models.CharField(choices=[('site', 'Those of the site'), ('own', 'Its own, set here'), ('none', 'None')], default='site', max_length=5, verbose_name='limits for messages')),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('stopped', 'Stopped')], default='running', editable=False, max_length=8, verbose_name='state')),
                ('missing', models.JSONField(blank=True, default=list, editable=False)),
                ('created_at', models.DateTimeField(default=wagtail_automation.clock.now, editable=False, verbose_name='created')),
                ('category', models.ForeignKey(blank=True, limit_choices_to={'type': 'campaign'}, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_audiences.category', verbose_name='category')),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
            ],
            options={
                'verbose_name': 'campaign',
                'verbose_name_plural': 'campaigns',
                'ordering': ['name'],
            },
            bases=(modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='StepIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField()),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='wagtail_automation_campaigns.campaign')),
            ],
            options={
                'verbose_name': 'step',
                'verbose_name_plural': 'steps',
                'constraints': [models.UniqueConstraint(fields=('campaign', 'uuid'), name='wa_stepidentity_uuid')],
            },
        ),
        migrations.CreateModel(
            name='TriggerClock',
            fields=[
                ('checked_at', models.DateTimeField()),
                ('identity', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='clock', serialize=False, to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'clock of a trigger',
                'verbose_name_plural': 'clocks of triggers',
            },
        ),
        migrations.CreateModel(
            name='StepTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.PositiveSmallIntegerField(choices=[(1, 'Done'), (2, 'Yes'), (3, 'No'), (4, 'Held'), (5, 'Moved on, since the step was removed'), (6, 'Left the campaign'), (7, 'Delayed'), (8, 'Skipped'), (9, 'Held out'), (20, 'Moved by hand')])),
                ('branch', models.CharField(blank=True, max_length=40)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('day', models.DateField(null=True)),
                ('count', models.PositiveIntegerField()),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'count of a step',
                'verbose_name_plural': 'counts of steps',
            },
        ),
        migrations.CreateModel(
            name='Start',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80)),
                ('since_at', models.DateTimeField()),
                ('cursor', models.BigIntegerField(default=0)),
                ('done_at', models.DateTimeField(null=True)),
                ('identity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='starts', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'start',
                'verbose_name_plural': 'starts',
                'indexes': [models.Index(condition=models.Q(('done_at__isnull', True)), fields=['id'], name='wa_start_waiting')],
                'constraints': [models.UniqueConstraint(fields=('identity', 'key'), name='wa_start_once')],
            },
        ),
        migrations.CreateModel(
            name='AwaitedFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=100)),
                ('identity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'awaited fact',
                'verbose_name_plural': 'awaited facts',
                'constraints': [models.UniqueConstraint(fields=('fact', 'identity'), name='wa_awaitedfact_once')],
            },
        ),
        migrations.CreateModel(
            name='CampaignVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('published_at', models.DateTimeField(verbose_name='published')),
                ('rules', models.JSONField(default=dict)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='wagtail_automation_campaigns.campaign')),
                ('first', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'version of a campaign',
                'verbose_name_plural': 'versions of campaigns',
                'ordering': ['campaign', 'number'],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'number'), name='wa_campaignversion_number')],
            },
        ),
        migrations.CreateModel(
            name='TriggerSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=80)),
                ('event', models.CharField(max_length=80)),
                ('object_key', models.UUIDField(null=True)),
                ('config', models.JSONField(default=dict)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='wagtail_automation_campaigns.campaign')),
                ('identity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'trigger',
                'verbose_name_plural': 'triggers',
                'indexes': [models.Index(fields=['event', 'object_key'], name='wa_subscription_event')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=80)),
                ('name', models.CharField(blank=True, max_length=80)),
                ('config', models.JSONField(default=dict)),
                ('edges', models.JSONField(default=dict)),
                ('position', models.PositiveIntegerField()),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='wagtail_automation_campaigns.campaignversion')),
                ('identity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'step of a version',
                'verbose_name_plural': 'steps of versions',
                'ordering': ['version', 'position'],
                'constraints': [models.UniqueConstraint(fields=('version', 'identity'), name='wa_step_once_a_version')],
            },
        ),
        migrations.CreateModel(
            name='Enrollment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(blank=True, max_length=120)),
                ('visit', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(null=True)),
                ('deadline_at', models.DateTimeField(null=True)),
                ('entered_at', models.DateTimeField(verbose_name='entered')),
                ('since_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True, verbose_name='left')),
                ('left_reason', models.CharField(blank=True, max_length=120, verbose_name='reason of leaving')),
                ('held_reason', models.TextField(blank=True, verbose_name='held')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='enrollments', to='wagtail_automation_campaigns.campaign')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='enrollments', to='wagtail_automation_leads.lead')),
                ('version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_campaigns.campaignversion')),
                ('step', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='enrollments', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'enrollment',
                'verbose_name_plural': 'enrollments',
                'indexes': [models.Index(condition=models.Q(('step__isnull', False)), fields=['step', 'due_at'], name='wa_enrollment_due'), models.Index(condition=models.Q(('due_at__isnull', True), ('step__isnull', False)), fields=['id'], name='wa_enrollment_held')],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'lead', 'key'), name='wa_enrollment_once_a_key')],
            },
        ),
        migrations.CreateModel(
            name='StepLog',
            fields=[
                ('pk', models.CompositePrimaryKey('enrollment_id', 'visit', blank=True, editable=False, primary_key=True, serialize=False)),
                ('visit', models.PositiveIntegerField()),
                ('outcome', models.PositiveSmallIntegerField(choices=[(1, 'Done'), (2, 'Yes'), (3, 'No'), (4, 'Held'), (5, 'Moved on, since the step was removed'), (6, 'Left the campaign'), (7, 'Delayed'), (8, 'Skipped'), (9, 'Held out'), (20, 'Moved by hand')])),
                ('branch', models.CharField(blank=True, max_length=40)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('detail', models.JSONField(null=True)),
                ('at', models.DateTimeField()),
                ('enrollment', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='log', to='wagtail_automation_campaigns.enrollment')),
                ('step', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='wagtail_automation_campaigns.stepidentity')),
            ],
            options={
                'verbose_name': 'step log entry',
                'verbose_name_plural': 'step log',
                'indexes': [models.Index(fields=['at'], name='wa_steplog_at'), models.Index(fields=['step', 'outcome', 'at'], name='wa_steplog_step')],
            },
        ),
        migrations.AddField(
            model_name='Campaign',
            name='current_version',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtail_automation_campaigns.campaignversion'),
        ),
        migrations.RunPython(store_on_postgresql, migrations.RunPython.noop),
    ]
