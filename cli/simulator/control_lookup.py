"""What every part of the control API looks up, and how it says that there is no such thing."""

from litestar.exceptions import NotFoundException

from cli.simulator.config import SimulatedNumber
from cli.simulator.simulator import Simulator
from cli.simulator.users import User


def known_user(simulator: Simulator, wa_id: str) -> User:
    user = simulator.users.get(wa_id)
    if user is None:
        raise NotFoundException(f"there is no user {wa_id}")
    return user


def known_number(simulator: Simulator, phone_number_id: str) -> SimulatedNumber:
    number = simulator.numbers.get(phone_number_id)
    if number is None:
        raise NotFoundException(f"there is no number {phone_number_id}")
    return number
