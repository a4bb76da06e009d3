"""Every target there is."""

from controlplane.target_book import API, CONFIG, MAX_TARGETS, TargetBook
from controlplane.target_spec import TargetSpec


def target(name: str, url: str = "http://x/metrics", service: str = "resnet") -> TargetSpec:
    return TargetSpec(name=name, url=url, service=service)


def test_targets_of_all_origins_are_one_list():
    book = TargetBook([target("a")])
    assert book.put("files", [target("b"), target("c", service="bert")])
    assert [found.name for found in book.targets] == ["a", "b", "c"]
    assert [found.name for found in book.of_service("resnet")] == ["a", "b"]
    assert book.of_service("other") == ()
    assert (book.origin("a"), book.origin("b")) == (CONFIG, "files")
    assert book.get("d") is None
    assert len(book) == 3
    assert [found.name for found in book.of_origin("files")] == ["b", "c"]
    assert book.of_origin(API) == ()


def test_the_same_words_again_are_no_change():
    book = TargetBook()
    assert book.put("files", [target("a")])
    assert not book.put("files", [target("a")])
    assert book.put("files", [])
    assert book.targets == ()


def test_the_first_origin_has_the_name_and_the_other_is_told():
    book = TargetBook([target("a", "http://first/")])
    assert not book.put("files", [target("a", "http://second/")])
    assert book.get("a").url == "http://first/"
    assert book.refused("files") == {"a": "trimtab.yaml has that name already"}


def test_two_that_say_the_same_of_one_page_do_not_contradict():
    book = TargetBook([target("a")])
    book.put("files", [target("a")])
    assert book.refused("files") == {}


def test_there_is_an_end_to_how_many():
    book = TargetBook([target(str(number)) for number in range(MAX_TARGETS + 1)])
    assert len(book) == MAX_TARGETS
    assert len(book.refused(CONFIG)) == 1
