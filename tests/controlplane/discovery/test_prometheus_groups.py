"""Target groups as Prometheus writes them."""

import pytest

from controlplane.discovery.prometheus_groups import read_groups, target_name
from controlplane.errors import DiscoveryError
from controlplane.target_spec import DiscoverySpec

SPEC = DiscoverySpec(kind="file", path="x", service="resnet")


def test_groups_become_targets():
    document = [
        {"targets": ["10.0.0.1:8002", "[::1]:8002"], "labels": {"version": "2", "zone": "a"}},
        {
            "targets": ["x:1"],
            "labels": {"__scheme__": "https", "__metrics_path__": "/m", "service": "bert"},
        },
    ]
    found = read_groups(DiscoverySpec(kind="http", service="resnet"), "here", document)
    assert [(t.name, t.url, t.service, t.version) for t in found] == [
        ("resnet-10.0.0.1-8002", "http://10.0.0.1:8002/metrics", "resnet", "2"),
        ("resnet-1-8002", "http://[::1]:8002/metrics", "resnet", "2"),
        ("bert-x-1", "https://x:1/m", "bert", None),
    ]


def test_our_own_form_is_taken_as_it_is():
    (found,) = read_groups(SPEC, "here", [{"name": "a", "url": "http://x/m", "interval": "1s"}])
    assert (found.name, found.service, found.interval) == ("a", "resnet", 1.0)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"targets": []}, "holds no list"),
        (["x"], "entry 1 is no mapping"),
        ([{"targets": "x:1"}], "needs targets: a list"),
        ([{"targets": ["x:1"], "labels": []}, {"targets": ["x"], "labels": [1]}], "labels"),
        ([{"targets": ["x y:1"]}], "entry 1: url"),
        ([{"url": "http://x/m", "nme": 1}], "entry 1: "),
        ([{"targets": ["x:1"] * 20_001}], "more than 20000 targets"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(document, reason):
    with pytest.raises(DiscoveryError, match=reason):
        read_groups(SPEC, "here", document)


def test_a_target_without_a_service_is_told():
    with pytest.raises(DiscoveryError, match="names no service"):
        read_groups(DiscoverySpec(kind="http"), "here", [{"targets": ["x:1"]}])


def test_names_are_such_as_trimtab_takes():
    assert target_name("a", "10.0.0.1:80") == "a-10.0.0.1-80"
    assert target_name("", "::") == "target"
    assert len(target_name("x" * 99, "y")) <= 63
