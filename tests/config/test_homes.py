"""The person's folders, as the environment and the XDG base directory specification name them."""

import os
import pwd

import pytest

from gitshield.config.homes import Homes

OWN = pwd.getpwuid(os.getuid()).pw_dir


def test_the_environment_names_the_folders() -> None:
    homes = Homes.of({"HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": "/g"})
    assert homes == Homes("/g/gitshield", "/d/gitshield", "/c/gitshield")


def test_the_defaults_lie_in_the_home() -> None:
    assert Homes.of({"HOME": "/h"}) == Homes("/h/.config/gitshield", "/h/.local/share/gitshield", "/h/.cache/gitshield")


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "here"}], ids=str)
def test_without_a_home_it_is_that_of_the_user(home: dict[str, str]) -> None:
    assert Homes.of(home).cache == f"{OWN}/.cache/gitshield"


def test_a_relative_folder_counts_as_none() -> None:
    assert Homes.of({"HOME": "/h", "XDG_DATA_HOME": "here"}).data == "/h/.local/share/gitshield"
