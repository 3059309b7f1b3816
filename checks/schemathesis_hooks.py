"""What a schema cannot say, for checks/schemathesis."""

import os
import re
import uuid

import schemathesis

ADMIN = os.environ["ADMIN"]
MEMBER = os.environ["MEMBER"]
KEY = "Idempotency-Key"
KEY_PATTERN = re.compile(r'[!#-~]{1,255}|"[!#-~]{1,255}"')
seen_keys = set()

# What is trimmed before it is looked at. The schema promises 200 characters in all, which is less than what is taken.
TRIMMED = {"name", "firstName", "lastName", "orgName", "email"}

# Rules between members, or between a member and what is stored: (where, which). No schema can say them.
RULES = {
    ("/end", "must not lie before the start"),
    ("/start", "must not lie more than 60 seconds in the future while the track runs"),
    ("/lease", "must not be given together with end"),
    ("/meta", "must have at most 4096 bytes"),
    ("/meta", "must have at most 4096 bytes together with what was said before"),
    ("/to", "must not lie before from"),
    ("/startDate", "must be given together with endDate"),
    ("/endDate", "must be given together with startDate"),
    ("/endDate", "must not lie before startDate"),
    ("/endDate", "must lie at most 7 days (604800000 ms) after startDate"),
    ("/expiresAt", "must lie in the future"),
    ("/externalId", "must have 1 to 200 characters to become the name of a new task"),
    ("/end", "would make this person's time on the task more than 2^53 milliseconds"),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Keeps the user who can log in, and uses no idempotency key twice.

    The own password is only changed to what it is, and the own email, role and activity are tried on another user: after
    it nobody could log in again. A key that comes again with another request is refused with 422, as documented, and then
    nothing else would be tried.
    """
    path = case.path_parameters or {}
    if case.method in ("PUT", "PATCH", "POST") and path.get("userId") == ADMIN:
        if not case.path.endswith("/password"):
            case.path_parameters["userId"] = MEMBER
        elif isinstance(case.body, dict) and isinstance(case.body.get("password"), str) and len(case.body["password"]) >= 12:
            case.body["password"] = os.environ["PASSWORD"]
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and KEY_PATTERN.fullmatch(key):
        # Quoted or not it is the same one.
        if key.strip('"') in seen_keys:
            key = case.headers[KEY] = str(uuid.uuid4())
        seen_keys.add(key.strip('"'))


def breaks_only_rules(response):
    """Whether all that was refused is among RULES."""
    errors = response.json().get("errors") or [{}]
    return all((error.get("pointer"), error.get("detail")) in RULES for error in errors)


def loses_space(case):
    """Whether a name or an address has space at its ends: it is measured without, and kept without."""
    for place in (case.body, case.query, case.path_parameters):
        for name, value in place.items() if isinstance(place, dict) else ():
            if name in TRIMMED and isinstance(value, str) and value != value.strip():
                return True
    return False


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops what is right although the schema says otherwise. Everything else is a failure."""
    kind = type(failure).__name__
    if kind == "RejectedPositiveData" and response.status_code == 422:
        return not breaks_only_rules(response)
    if kind == "AcceptedNegativeData" and response.status_code < 300:
        return not loses_space(case)
    return True
