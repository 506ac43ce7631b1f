"""One record for a text of an instance: a key that is unique."""

from hashlib import sha256
from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    """Gives each record its key; of several with the same one the latest stays."""
    record = apps.get_model("moderation", "Record")
    seen = set()
    rows = record.objects.order_by("-time", "-pk").values_list("pk", "content_type_id", "object_id", "digest")
    for pk, content_type, object_id, digest in rows.iterator():
        key = sha256(f"{content_type or ''}|{object_id}|{digest}".encode()).hexdigest()
        if key in seen:
            record.objects.filter(pk=pk).delete()
        else:
            seen.add(key)
            record.objects.filter(pk=pk).update(key=key)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [
        migrations.AddField("record", "key", models.CharField(editable=False, max_length=64, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("record", "key", models.CharField(editable=False, max_length=64, unique=True)),
    ]
