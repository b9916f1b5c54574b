"""Outgoing HTTP calls of this process, led to an emulator instead of to the vendors.

`policy` says what becomes of a call, `targets` who answers it, `points` where the HTTP libraries are held while a
policy is in force. One room for each way in: `httpx_transport`, `http_client` (urllib, urllib3 and with it requests),
`aiohttp_connector`, and `resolver`, which lets nothing through that came another way. `arrivals` waits for libraries
that are imported later, `detours` lead past mocks that step in above; `wire` is HTTP/1.1 as bytes, for those that write
and read it themselves. An emulator elsewhere is asked over `connections`; where the real vendors answer, `real_vendors`
lets only those calls through that read.
"""
