
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='snapshot',
            name='because',
            field=models.CharField(blank=True, db_default='', help_text='Which change of facts made it be computed again. Empty: the first time.', max_length=200),
        ),
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80, unique=True)),
                ('topic', models.CharField(max_length=60)),
                ('missing', models.TextField(help_text='What is not known.')),
                ('effect', models.TextField(help_text='Which figures it blocks or weakens, and how.')),
                ('answerer', models.CharField(help_text='Who could answer.', max_length=200)),
                ('question', models.TextField(help_text='The question to ask.')),
                ('source', models.CharField(help_text='Where it shows that this is not known.', max_length=300)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('open', 'Open'), ('answered', 'Answered')], default='open', max_length=8)),
                ('answer', models.TextField(blank=True)),
                ('answer_source', models.CharField(blank=True, max_length=300)),
                ('answered_on', models.DateField(blank=True, help_text='Day the answer was given.', null=True)),
                ('entered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['order', 'key'],
            },
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(help_text='First day on which it holds.')),
                ('valid_to', models.DateField(blank=True, help_text='First day on which it no longer holds. Empty: open.', null=True)),
                ('metric', models.CharField(max_length=80)),
                ('level', models.CharField(choices=[('nation', 'Nation'), ('office', 'Field office'), ('state', 'State'), ('model', 'Support model')], max_length=8)),
                ('subject', models.CharField(blank=True, help_text='Empty: the nation, or every subject.', max_length=64)),
                ('for_every', models.BooleanField(default=False, help_text='For every subject of the level.')),
                ('direction', models.CharField(choices=[('at_most', 'At most'), ('at_least', 'At least')], max_length=8)),
                ('value', models.DecimalField(decimal_places=6, max_digits=20)),
                ('owner', models.CharField(help_text='Office or role that answers for it.', max_length=120)),
                ('source', models.CharField(help_text='The decision or document it rests on.', max_length=300)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['metric', 'level', 'subject', '-valid_from'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='metrics_target_range', violation_error_message='The end is on or before the start.'), models.UniqueConstraint(fields=('metric', 'level', 'subject', 'for_every', 'valid_from'), name='metrics_target_once_per_day', violation_error_message='There is a target for this figure from that day already.'), models.CheckConstraint(condition=models.Q(('for_every', False), models.Q(('subject', ''), models.Q(('level', 'nation'), _negated=True)), _connector='OR'), name='metrics_target_of_one_or_every', violation_error_message='A target is for one subject, or for every subject of a level.')],
            },
        ),
    ]
