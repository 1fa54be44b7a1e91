"""Addresses of commerce; the site includes them through ``wagtail_automation.urls``."""

from django.urls import path

from . import views

app_name = "wagtail_automation_commerce"

urlpatterns = [
    path("commerce/orders/", views.orders, name="orders"),
    path("commerce/carts/", views.signed_carts, name="carts"),
    path("commerce/cart/", views.cart, name="cart"),
    path("commerce/product/<uuid:key>/", views.to_product, name="product"),
    path("commerce/cart/<uuid:key>/", views.to_cart, name="to_cart"),
]
