"""Gives each request its visitor state, writes its cookies and, without JavaScript, records page views."""

import logging

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import DatabaseError

from wagtail_automation import conf

from . import visitors

logger = logging.getLogger("wagtail_automation")


class AutomationMiddleware:
    """Sets ``request.automation``. A page that asks it nothing costs no query, gets no cookie, no Vary."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        if iscoroutinefunction(self):
            return self._acall(request)
        state = visitors.current(request)
        return self._finish(request, state, self.get_response(request))

    async def _acall(self, request):
        state = visitors.current(request)
        response = await self.get_response(request)
        return await sync_to_async(self._finish)(request, state, response)

    def _finish(self, request, state, response):
        if conf.get("PAGE_VIEWS") == "server" and state.choice == visitors.GRANTED:
            self._record(request, state, response)
        state.apply(response)
        return response

    def _record(self, request, state, response):
        """A view must never break the page that was viewed."""
        from .collecting import record_served_page

        try:
            record_served_page(request, state, response)
        except DatabaseError:
            logger.exception("could not record the view of %s", request.path)
