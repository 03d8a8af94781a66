"""Addresses of pages that are seen across applications; one section an area."""

from django.urls import path

from reports.views import home

app_name = "reports"

urlpatterns = [
    # 首页
    path("", home.home, name="home"),
    # 月报的送签和签字、表格下载
    # 县月报看板、汇总、催办
    # 学生和学校一页看全
    # 名册和离线表
]
