"""Targets from the DNS, asked of a real name server on loopback."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.asyncresolver import Resolver

from controlplane.discovery.dns import DnsDiscovery
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec

pytestmark = pytest.mark.anyio
RECORDS = {
    ("_metrics._tcp.models.test.", "SRV"): ("0 0 8002 b.test.", "0 0 8001 a.test."),
    ("models.test.", "A"): ("10.0.0.2", "10.0.0.1"),
    ("models.test.", "AAAA"): ("fd00::1",),
}


class NameServer(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        (question,) = query.question
        kind = dns.rdatatype.to_text(question.rdtype)
        found = RECORDS.get((question.name.to_text(), kind))
        if found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        answer.flags |= dns.flags.AA
        self.transport.sendto(answer.to_wire(), peer)


@pytest.fixture
async def resolver():
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    found = Resolver(configure=False)
    found.nameservers = ["127.0.0.1"]
    found.port = transport.get_extra_info("sockname")[1]
    yield found
    transport.close()


@pytest.mark.parametrize(
    ("asked", "urls"),
    [
        (
            {"name": "_metrics._tcp.models.test"},
            ["http://a.test:8001/metrics", "http://b.test:8002/metrics"],
        ),
        (
            {"name": "models.test", "type": "A", "port": 9, "path": "/m"},
            ["http://10.0.0.1:9/m", "http://10.0.0.2:9/m"],
        ),
        ({"name": "models.test", "type": "AAAA", "port": 9}, ["http://[fd00::1]:9/metrics"]),
    ],
)
async def test_records_become_targets(resolver, tmp_path, asked, urls):
    spec = DiscoverySpec(kind="dns", service="resnet", **asked)
    found = DnsDiscovery(spec, tmp_path, resolver=resolver)
    assert [target.url for target in await found.targets()] == urls
    await found.close()


async def test_a_name_that_is_gone_is_a_fault_and_no_empty_list(resolver, tmp_path):
    spec = DiscoverySpec(kind="dns", name="gone.test", service="resnet")
    with pytest.raises(DiscoveryError, match=r"gone\.test \(SRV\) cannot be looked up"):
        await DnsDiscovery(spec, tmp_path, resolver=resolver).targets()


@pytest.mark.parametrize("asked", [{}, {"name": "x", "type": "A"}])
def test_it_needs_a_name_and_perhaps_a_port(tmp_path, asked):
    with pytest.raises(InvalidConfig, match="needs name"):
        DnsDiscovery(DiscoverySpec(kind="dns", **asked), tmp_path)
