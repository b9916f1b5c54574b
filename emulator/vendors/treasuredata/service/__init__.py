"""Behaviour: what one event does, and what is answered to it.

personalization   the call as a whole: store, stitch, update, select, answer
configuration     a parent segment's configuration, checked and compiled once
criteria          conditions over events and profiles
profiles          who the event is about                   attributes what is remembered of them
offers            which sections match, and what they carry
values            how a value of an event is read
"""
