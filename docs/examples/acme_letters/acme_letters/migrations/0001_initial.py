from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("wagtail_automation_leads", "0001_squashed")]
    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120, unique=True)),
                ("text", models.TextField()),
                ("ordered_at", models.DateTimeField()),
                (
                    "lead",
                    models.ForeignKey(on_delete=models.CASCADE, to="wagtail_automation_leads.lead"),
                ),
            ],
        ),
    ]
