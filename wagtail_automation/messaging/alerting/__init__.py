"""Alerts: colleagues are told about people when something happens, one by one or once an hour or a day."""
