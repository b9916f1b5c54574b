"""Behaviour: what one event does, and what is answered to it.

personalization   the call as a whole: store, react, answer
records           events that nobody waits for             events     how either is completed and kept
reactor           what an event means to a parent segment: stitch, move on, select
configuration     a parent segment's configuration, checked and compiled once
payloads          what its sections carry                  attributes what its profiles have: singles, lists, counters
criteria          conditions over events and profiles      operators  what they ask of one value
stitching         who the event is about                   profiles   what is known of them
catalogs          tables to look values up in              offers     which sections match, and what is sent of them
values            how a value of an event is read          moments    how it is read as a moment; the calendar
states            what is remembered between events
"""
