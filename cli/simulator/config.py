"""What a simulator is started with."""

import msgspec


class SimulatedNumber(msgspec.Struct, frozen=True):
    """One business phone number that the simulated Graph API knows."""

    phone_number_id: str
    business_account_id: str
    display_phone_number: str
    verified_name: str


class SimulatorConfig(msgspec.Struct, frozen=True):
    """`access_token` is the Bearer token every Graph call must carry; `base_url` is where the simulator itself is
    reached, without a trailing slash, because media URLs are absolute."""

    webhook_url: str
    app_secret: str
    verify_token: str
    access_token: str
    numbers: list[SimulatedNumber]
    base_url: str
    seed: int = 0
