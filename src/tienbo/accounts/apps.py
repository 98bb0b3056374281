from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tienbo.accounts"
    label = "accounts"
