import django.db.models.deletion
import wagtail.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('site_magazine', '0001_initial'), ('site_magazine', '0002_shop_blocks'), ('site_magazine', '0003_dynamic_content'), ('site_magazine', '0004_promo_place'), ('site_magazine', '0005_promotion_block'), ('site_magazine', '0006_surveys'), ('site_magazine', '0007_assets')]

    initial = True

    dependencies = [
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
        ('wagtailimages', '0027_image_description'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArticlePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.page')),
                ('introduction', models.TextField(blank=True, verbose_name='introduction')),
                ('author', models.CharField(max_length=80, verbose_name='author')),
                ('published_on', models.DateField(verbose_name='published on')),
                ('reading_minutes', models.PositiveSmallIntegerField(default=4, verbose_name='minutes to read')),
                ('body', wagtail.fields.StreamField([('text', 0), ('feature', 9), ('banner', 12), ('product', 20), ('product_grid', 24), ('best_sellers', 25), ('last_seen', 26), ('cart', 28), ('promotion', 30), ('quote', 33), ('cards', 36), ('form', 37), ('personal_text', 38), ('dynamic', 46), ('shared_dynamic', 47), ('promo_place', 48), ('survey', 49), ('asset', 50), ('recommended', 54)], block_lookup={0: ('wagtail.blocks.RichTextBlock', (), {'features': ['h2', 'h3', 'bold', 'italic', 'link', 'ul', 'ol'], 'label': 'Text', 'template': 'pages/blocks/text.html'}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'Kicker', 'max_length': 60, 'required': False}), 2: ('wagtail.blocks.CharBlock', (), {'label': 'Heading', 'max_length': 120}), 3: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link'], 'label': 'Text'}), 4: ('wagtail.images.blocks.ImageChooserBlock', (), {'label': 'Picture'}), 5: ('wagtail.blocks.PageChooserBlock', (), {'label': 'Page', 'required': False}), 6: ('wagtail.blocks.CharBlock', (), {'label': 'Label', 'max_length': 60, 'required': False}), 7: ('wagtail.blocks.StructBlock', [[('page', 5), ('label', 6)]], {'label': 'Link'}), 8: ('wagtail.blocks.BooleanBlock', (), {'label': 'Picture on the left', 'required': False}), 9: ('wagtail.blocks.StructBlock', [[('kicker', 1), ('heading', 2), ('text', 3), ('picture', 4), ('link', 7), ('picture_first', 8)]], {}), 10: ('wagtail.blocks.TextBlock', (), {'label': 'Text', 'required': False}), 11: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('moss', 'Moss'), ('rust', 'Rust'), ('river', 'River')], 'label': 'Tone'}), 12: ('wagtail.blocks.StructBlock', [[('kicker', 1), ('heading', 2), ('text', 10), ('link', 7), ('tone', 11)]], {}), 13: ('wagtail.blocks.CharBlock', (), {'label': 'Heading', 'max_length': 120, 'required': False}), 14: ('wagtail_automation.commerce.blocks.ProductChooserBlock', (), {'label': 'Product'}), 15: ('wagtail_automation.rules.blocks.RuleBlock', [], {}), 16: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('nothing', 'Nothing'), ('best_sellers', 'Best sellers'), ('category', 'The newest of a category'), ('chosen', 'These products')], 'label': 'Everybody else sees'}), 17: ('wagtail_automation.commerce.blocks.ProductCategoryChooserBlock', (), {'label': 'Category', 'required': False}), 18: ('wagtail.blocks.ListBlock', (14,), {'default': [], 'label': 'Products'}), 19: ('wagtail.blocks.StructBlock', [[('kind', 16), ('category', 17), ('products', 18)]], {}), 20: ('wagtail.blocks.StructBlock', [[('heading', 13), ('product', 14), ('rule', 15), ('instead', 19)]], {}), 21: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('chosen', 'These products'), ('newest', 'The newest'), ('best_sellers', 'Best sellers')], 'label': 'Which'}), 22: ('wagtail_automation.commerce.blocks.ProductCategoryChooserBlock', (), {'help_text': 'Leave it empty for any category.', 'label': 'Category', 'required': False}), 23: ('wagtail.blocks.IntegerBlock', (), {'default': 4, 'label': 'At most so many', 'max_value': 24, 'min_value': 1}), 24: ('wagtail.blocks.StructBlock', [[('heading', 13), ('what', 21), ('products_chosen', 18), ('category', 22), ('count', 23), ('rule', 15), ('instead', 19)]], {}), 25: ('wagtail.blocks.StructBlock', [[('heading', 13), ('category', 22), ('count', 23), ('rule', 15), ('instead', 19)]], {}), 26: ('wagtail.blocks.StructBlock', [[('heading', 13), ('count', 23), ('rule', 15), ('instead', 19)]], {}), 27: ('wagtail.blocks.CharBlock', (), {'label': 'Label of the link', 'max_length': 60, 'required': False}), 28: ('wagtail.blocks.StructBlock', [[('heading', 13), ('label', 27), ('count', 23), ('rule', 15), ('instead', 19)]], {}), 29: ('wagtail_automation.commerce.blocks.PromotionChooserBlock', (), {'label': 'Promotion'}), 30: ('wagtail.blocks.StructBlock', [[('promotion', 29), ('label', 27)]], {}), 31: ('wagtail.blocks.TextBlock', (), {'label': 'Text'}), 32: ('wagtail.blocks.CharBlock', (), {'label': 'Who said it', 'max_length': 80}), 33: ('wagtail.blocks.StructBlock', [[('text', 31), ('name', 32)]], {}), 34: ('wagtail.blocks.PageChooserBlock', (), {'label': 'Page'}), 35: ('wagtail.blocks.ListBlock', (34,), {'label': 'Pages'}), 36: ('wagtail.blocks.StructBlock', [[('heading', 2), ('pages', 35), ('link', 7)]], {}), 37: ('wagtail_automation.content.blocks.FormBlock', (), {}), 38: ('wagtail_automation.content.blocks.PersonalTextBlock', (), {}), 39: ('wagtail.blocks.StreamBlock', [[('text', 0), ('feature', 9), ('banner', 12)]], {'label': 'Content', 'required': False}), 40: ('wagtail.blocks.CharBlock', (), {'label': 'Name', 'max_length': 100, 'required': False}), 41: ('wagtail.blocks.StructBlock', [[('content', 39), ('name', 40), ('rule', 15)]], {}), 42: ('wagtail.blocks.ListBlock', (41,), {'default': [], 'label': 'Alternatives'}), 43: ('wagtail.blocks.StreamBlock', [[('text', 0), ('feature', 9), ('banner', 12)]], {'label': 'Everybody else', 'required': False}), 44: ('wagtail.blocks.IntegerBlock', (), {'help_text': 'So many of those who match see what everybody else sees, always the same people: only the comparison with them shows what the alternative does.', 'label': 'Hold back, in percent', 'max_value': 50, 'min_value': 0, 'required': False}), 45: ('wagtail_automation.audiences.goals.blocks.GoalChooserBlock', (), {'label': 'Goal', 'required': False}), 46: ('wagtail.blocks.StructBlock', [[('alternatives', 42), ('fallback', 43), ('holdout', 44), ('goal', 45)]], {}), 47: ('wagtail_automation.content.blocks.SharedContentBlock', (), {}), 48: ('wagtail_automation.content.blocks.PromoPlaceBlock', (), {}), 49: ('wagtail_automation.content.surveys.blocks.SurveyBlock', (), {}), 50: ('wagtail_automation.content.assets.blocks.AssetBlock', (), {}), 51: ('wagtail.blocks.IntegerBlock', (), {'default': 3, 'label': 'How many', 'max_value': 12, 'min_value': 1}), 52: ('wagtail.blocks.PageChooserBlock', (), {'label': 'From the section', 'required': False}), 53: ('wagtail.blocks.ListBlock', (34,), {'default': [], 'label': 'Pages for everybody else'}), 54: ('wagtail.blocks.StructBlock', [[('heading', 13), ('number', 51), ('root', 52), ('fallback', 53)]], {})}, verbose_name='body')),
                ('picture', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='picture')),
            ],
            options={
                'verbose_name': 'article',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='MagazineIndexPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.page')),
                ('introduction', models.TextField(blank=True, verbose_name='introduction')),
                ('picture', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='picture')),
            ],
            options={
                'verbose_name': 'magazine',
            },
            bases=('wagtailcore.page',),
        ),
    ]
