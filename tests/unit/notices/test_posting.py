"""What is sent to webhooks and chat services, to the letter."""

import json
from datetime import UTC, datetime

import pytest

from convox.notices.notice import NoticeKind, compose
from convox.notices.posting import post
from convox.notices.receiver import Receiver, ReceiverForm
from convox.notices.signing import headers, key

NOW = datetime(2026, 2, 1, 3, 4, 5, tzinfo=UTC)
NOTICE = compose(
    kind=NoticeKind.FAILED, time=NOW, rack="dev", version="2", text="stage: 1 < 2 & <@U1> @all"
)


def sent(url: str, form: ReceiverForm = ReceiverForm.CHAT):
    return post(Receiver(name="ops", form=form, address=url, secret="s" * 16), NOTICE, NOW)


def test_the_signature_is_that_of_the_specification():
    # The example of the Standard Webhooks libraries.
    made = headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        now=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", ["a secret of one's own", "whsec_no base64 at all"])
def test_a_secret_of_any_other_form_is_its_own_key(secret):
    assert key(secret) == secret.encode()


def test_the_signature_depends_on_the_secret_the_id_the_time_and_the_body():
    later = datetime(2026, 2, 1, 3, 4, 6, tzinfo=UTC)
    made = {
        headers(secret, id=id, now=now, body=body)["webhook-signature"]
        for secret, id, now, body in [  # noqa: A001 - the header's name
            ("s" * 16, "1", NOW, b"{}"),
            ("t" * 16, "1", NOW, b"{}"),
            ("s" * 16, "2", NOW, b"{}"),
            ("s" * 16, "1", later, b"{}"),
            ("s" * 16, "1", NOW, b"[]"),
        ]
    }
    assert len(made) == 5


def test_a_chat_service_gets_a_text_in_which_nothing_calls_people():
    made = sent("https://hooks.slack.com/services/T/B/X")
    assert json.loads(made.body) == {
        "text": "rack dev: stage: 1 &lt; 2 &amp; &lt;@\u200bU1&gt; @\u200ball"
    }
    assert "webhook-signature" not in made.headers


@pytest.mark.parametrize(
    "host",
    [
        "prod-1.westus.logic.azure.com",
        "x.environment.api.powerplatform.com",
        "a.webhook.office.com",
    ],
)
def test_a_workflow_of_teams_gets_a_card(host):
    value = json.loads(sent(f"https://{host}/workflows/x").body)
    card = value["attachments"][0]
    assert (value["type"], card["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    assert card["content"]["body"][0]["text"] == "rack dev: stage: 1 < 2 & <@U1> @all"


def test_a_message_is_no_longer_than_chat_services_take():
    long = compose(kind=NoticeKind.FAILED, time=NOW, rack="dev", version="2", text="x" * 5000)
    receiver = Receiver(name="ops", form=ReceiverForm.CHAT, address="https://example.com/x")
    assert len(json.loads(post(receiver, long, NOW).body)["text"]) < 2000


def test_a_notice_keeps_its_id_and_another_has_another():
    assert NOTICE.id == compose(**{**_values(), "detail": {}}).id
    others = [{"text": "other"}, {"version": "3"}, {"rack": "prod"}, {"detail": {"cause": "x"}}]
    assert len({NOTICE.id, *(compose(**{**_values(), **each}).id for each in others)}) == 5


def _values():
    return {"kind": NOTICE.kind, "time": NOW, "rack": "dev", "version": "2", "text": NOTICE.text}
