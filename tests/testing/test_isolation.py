"""Every test has a world of its own."""

from tests.testing.conftest import Run


def test_what_one_test_does_the_next_one_does_not_see(run: Run) -> None:
    result = run("""
        import httpx, pytest

        @pytest.mark.parametrize("time", ["first", "second"])
        def test_it(emulator, time):
            key = "d1c2b3a4" * 8
            url = "https://demo.talon.one/v2/customer_sessions/s-9"
            headers = {"Authorization": f"ApiKey-v1 {key}"}
            assert httpx.get(url, headers=headers).status_code == 404
            said = httpx.put(url, headers=headers, json={"customerSession": {}})
            assert said.headers["x-emulator-request-id"] == "2"
            assert httpx.get(url, headers=headers).status_code == 200
    """)
    result.assert_outcomes(passed=2)
