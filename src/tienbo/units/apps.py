from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "tienbo.units"
    label = "units"
