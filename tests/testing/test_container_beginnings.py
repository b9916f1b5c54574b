"""What a test begins with in an emulator that runs elsewhere: what it would in process, and nothing of other tests."""

from pathlib import Path

import pytest

from emulator.server import Background
from emulator.settings import Options
from tests.testing.conftest import Run
from tests.testing.test_container import ASK, told


def test_every_test_begins_anew(run: Run, url: str) -> None:
    result = run(
        ASK
        + """
    @pytest.mark.parametrize("time", ["first", "second", "third"])
    def test_it(emulator, time):
        assert httpx.get(URL, headers=HEADERS).headers["x-emulator-request-id"] == "1"
        httpx.put(URL, headers=HEADERS, json={"customerSession": {}})
        assert httpx.get(URL, headers=HEADERS).status_code == 200
        emulator.clock.advance(days=1)
        emulator.control.change_limit("primedata", "requests", enabled=False)
        emulator.settings("algonomy", require_https=True)
        emulator.control.trust("assumed")
        control = emulator.control
        assert not control.limits("primedata")[0]["enabled"]

    def test_and_nothing_is_left(emulator):
        control = emulator.control
        assert control.limits("primedata")[0]["enabled"]
        assert not emulator.settings("algonomy")["require_https"]
        assert control.provenance()["fail_on"] is None
        assert control.clock()["mode"] == "real"
    """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=4)


def test_scenarios_and_snapshots_of_a_test_are_not_there_for_the_next(run: Run, url: str) -> None:
    result = run(
        """
        def names(emulator):
            return {one["name"] for one in emulator.control.scenarios()["scenarios"] if one["source"] == "posted"}

        def test_first(emulator):
            emulator.load({"name": "demo", "description": "another one"})
            emulator.control.save_snapshot("paid")
            assert names(emulator) == {"demo"}

        def test_second(emulator, talonone):
            assert names(emulator) == set()
            assert emulator.control.snapshots() == []
            assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
        """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=2)


MARKED = """
    import pytest

    @pytest.fixture
    def world(emulator):
        return emulator.control.state()

    @pytest.mark.emulator(clock="2026-02-01T00:00:00Z")
    def test_a_clock(world):
        assert world["clock"] == {"mode": "frozen", "now": "2026-02-01T00:00:00Z"}
        assert world["vendors"]["talonone"]["applications"]

    @pytest.mark.emulator(clock="real")
    def test_the_real_clock(world):
        assert world["clock"]["mode"] == "real"

    @pytest.mark.emulator(scenario="empty")
    def test_a_scenario(world):
        assert world["scenario"] == "empty"
        assert not world["vendors"]["talonone"]["applications"]

    @pytest.mark.emulator(scenario={"name": "mine", "clock": "2026-03-01T00:00:00Z", "extends": "demo"})
    def test_one_of_its_own(world):
        assert (world["scenario"], world["clock"]["now"]) == ("mine", "2026-03-01T00:00:00Z")
        assert world["vendors"]["talonone"]["applications"]

    @pytest.mark.emulator(scenario={"name": "mine"}, clock="2026-04-01T00:00:00Z")
    def test_another_of_that_name(world):
        assert (world["scenario"], world["clock"]["now"]) == ("mine", "2026-04-01T00:00:00Z")
        assert not world["vendors"]["talonone"]["applications"]

    @pytest.mark.emulator(fail_on="inferred")
    def test_no_guesses(emulator, algonomy):
        assert algonomy.client.put(f"/profile-command/v1/{algonomy.site_id}/optOut/u", json={}).status_code == 501
        emulator.reset()
        assert emulator.control.provenance()["fail_on"] == "inferred"

    def test_and_back_to_the_first(world):
        assert (world["scenario"], world["clock"]["mode"]) == ("demo", "real")
        assert world["vendors"]["talonone"]["applications"]
"""


@pytest.mark.parametrize("there", [True, False])
def test_the_marker_means_what_it_means_in_process(run: Run, url: str, there: bool) -> None:
    result = run(MARKED, *(["--emulator-url", url] if there else []))
    result.assert_outcomes(passed=7)


@pytest.fixture
def scenarios(pytester: pytest.Pytester) -> Path:
    """A directory of the suite's own: `sale` extends `shop`, and `shop` extends what the product brings."""
    directory = pytester.mkdir("scenarios")
    (directory / "shop.yaml").write_text("name: shop\nextends: empty\nprimedata: {api_keys: [k-shop]}\n")
    (directory / "sale.yaml").write_text("name: sale\nextends: shop\nclock: 2026-05-01T00:00:00Z\n")
    pytester.makeini(
        "[pytest]\nemulator_fixtures = scenarios\nemulator_scenario = sale\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    return directory


OWN = """
    import pytest

    def test_the_suites_own(emulator, primedata):
        assert primedata.api_key == "k-shop"
        assert emulator.control.state()["scenario"] == "sale"
        assert emulator.clock.now.month == 5

    @pytest.mark.emulator(scenario="shop", clock="2026-06-01T00:00:00Z")
    def test_another(emulator, primedata):
        assert primedata.api_key == "k-shop"
        assert (emulator.control.state()["scenario"], emulator.clock.now.month) == ("shop", 6)

    @pytest.mark.emulator(scenario="scenarios/shop.yaml")
    def test_a_file(emulator, primedata):
        assert primedata.api_key == "k-shop"
        emulator.load("sale")
        assert emulator.clock.now.month == 5
        emulator.reset(scenario="shop")
        assert emulator.clock.now.month != 5

    @pytest.mark.emulator(scenario="demo")
    def test_the_emulators(primedata):
        assert primedata.api_key != "k-shop"
"""


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.usefixtures("scenarios")
def test_scenarios_of_the_suites_own_are_brought_along(run: Run, url: str, there: bool) -> None:
    result = run(OWN, *(["--emulator-url", url] if there else []))
    result.assert_outcomes(passed=4)


@pytest.mark.usefixtures("scenarios")
def test_a_name_that_neither_has(run: Run, url: str) -> None:
    source = """
        import pytest

        @pytest.mark.emulator(scenario="sail")
        def test_it(emulator):
            pass
    """
    result = run(source, "--emulator-url", url)
    result.assert_outcomes(errors=1)
    sentence = "no scenario is called 'sail'; there are: demo, edges, empty. The suite's own, in emulator_fixtures, are"
    assert f"{sentence}: sale, shop" in told(result)


@pytest.mark.usefixtures("scenarios")
def test_a_test_may_go_on_in_one_of_them_by_its_name(run: Run, where: list[str]) -> None:
    source = """
        import pytest
        from emulator.client import Refused

        @pytest.mark.emulator(scenario="demo", fail_on="assumed")
        @pytest.mark.parametrize("time", ["first", "second"])
        def test_it(emulator, primedata, time):
            assert primedata.api_key != "k-shop"
            emulator.load("shop")
            assert primedata.api_key == "k-shop"
            emulator.reset(scenario="sale")
            assert (primedata.api_key, emulator.clock.now.month) == ("k-shop", 5)
            assert emulator.control.provenance()["fail_on"] == "assumed"
            with pytest.raises(Refused, match="no scenario is called 'sail'"):
                emulator.load("sail")
            assert emulator.clock.now.month == 5
    """
    run(source, *where).assert_outcomes(passed=2)


def test_a_scenario_is_not_told_again_for_each_test(run: Run, url: str) -> None:
    result = run(
        """
        import pytest

        calls = []

        @pytest.fixture(autouse=True, scope="session")
        def watched():
            from emulator.client import Client
            send = Client.send

            def watched(self, method, path, *more):
                calls.append(path)
                return send(self, method, path, *more)

            Client.send = watched
            yield
            Client.send = send

        @pytest.mark.emulator(scenario={"name": "mine"})
        @pytest.mark.parametrize("time", range(5))
        def test_it(emulator, time):
            pass

        def test_how(emulator):
            pass

        def test_told():
            assert [path for path in calls if path in ("scenarios", "reset")][-6:] == ["scenarios", *["reset"] * 5]
        """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(passed=7)


def test_the_containers_own_start_up_scenario_is_begun_with(run: Run, tmp_path: Path) -> None:
    (tmp_path / "theirs.yaml").write_text(
        "name: theirs\nclock: 2026-07-01T00:00:00Z\nprimedata: {api_keys: [k-their]}\n"
    )
    with Background(Options(port=0, fixtures=tmp_path, scenario="theirs")) as one:
        result = run(
            """
            import pytest

            def test_it(emulator, primedata):
                assert primedata.api_key == "k-their"
                emulator.load({"name": "other"})

            def test_again(emulator, primedata):
                assert (primedata.api_key, emulator.clock.now.month) == ("k-their", 7)

            @pytest.mark.emulator(clock="2026-08-01T00:00:00Z")
            def test_at_another_time(emulator, primedata):
                assert (primedata.api_key, emulator.clock.now.month) == ("k-their", 8)

            @pytest.mark.emulator(scenario={"name": "mine", "extends": "theirs"})
            def test_extended(primedata):
                assert primedata.api_key == "k-their"
            """,
            "--emulator-url",
            one.url,
        )
        result.assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ('scenario="demmo"', "no scenario is called 'demmo'; did you mean demo?"),
        ('scenario={"name": "x", "talonone": {"aplications": []}}', "talonone.aplications: unknown key"),
        ('scenario={"name": "x", "extends": "demmo"}', "extends: no scenario is called 'demmo'; did you mean demo?"),
        ('scenario="nowhere.yaml"', "there is no file 'nowhere.yaml'"),
    ],
)
def test_a_scenario_that_cannot_be_had_is_told_in_a_sentence(run: Run, url: str, marker: str, sentence: str) -> None:
    result = run(
        f"""
        import pytest

        @pytest.mark.emulator({marker})
        def test_it(emulator):
            pass

        def test_all_others_go_on(talonone):
            assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
        """,
        "--emulator-url",
        url,
    )
    result.assert_outcomes(errors=1, passed=1)
    assert sentence in told(result)
    assert "Traceback" not in told(result)
    assert "emulator/testing" not in told(result)
