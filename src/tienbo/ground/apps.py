from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class GroundConfig(AppConfig):
    name = "tienbo.ground"
    label = "ground"

    def ready(self) -> None:
        from tienbo.ground.checks import check_field_classes, check_processing, check_triggers, check_whose
        from tienbo.ground.triggers import install_after_migrate

        checks.register(check_field_classes, checks.Tags.models)
        checks.register(check_processing, checks.Tags.models)
        checks.register(check_whose, checks.Tags.models)
        checks.register(check_triggers, checks.Tags.database)
        post_migrate.connect(install_after_migrate, dispatch_uid="tienbo.ground.triggers")
