"""Over MCP a plan that waits is a handle to come back to, and nothing there approves it."""

from typing import Any

import pytest
from mcp import Client

from server.approving.passphrases import Passphrase
from server.composition import Cuebook
from server.mcp import build_mcp
from tests.server.approving.conftest import SECRET
from tools.approver import Means

ERAS = ["auto", "legacy"]


async def called(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


@pytest.mark.parametrize("era", ERAS)
async def test_a_plan_that_waits_is_a_handle_and_no_error(cuebook: Cuebook, era: Any) -> None:
    async with Client(build_mcp(cuebook), mode=era) as client:
        digest = (await called(client, "refresh_index"))["digest"]
        waiting = await called(client, "apply_plan", digest=digest)
        assert (waiting["status"], waiting["approval"]["missing"]) == ("waiting", 1)
        assert waiting["approval"]["who"] == "1 approval of any approver"
        assert (await called(client, "get_plan", digest=digest))["status"] == "waiting"

        eve = cuebook.proofs.by_passphrase("eve", SECRET, Means.TERMINAL)
        await cuebook.caller.approve(digest, eve)
        assert (await called(client, "get_plan", digest=digest))["status"] == "approved"
        done = await called(client, "apply_plan", digest=digest)
        assert (done["status"], done["receipt"]["approved_by"]) == ("done", ["user:default/eve"])
        standing = await called(client, "get_plan", digest=digest)
        assert (standing["status"], standing["receipt"]) == ("done", done["receipt"])


async def test_a_model_may_take_its_own_plan_back(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        digest = (await called(client, "refresh_index"))["digest"]
        assert (await called(client, "reject_plan", digest=digest))["status"] == "rejected"
        result = await client.call_tool("apply_plan", {"digest": digest})
        assert result.is_error
        assert "final" in str(result.content)


async def test_no_tool_takes_a_secret_or_an_approval(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        digest = (await called(client, "refresh_index"))["digest"]
        for tool in ("approve_plan", "approve", "add_approver"):
            with pytest.raises(Exception, match="Unknown tool"):
                await client.call_tool(tool, {"digest": digest, "passphrase": SECRET})
        for extra in ({"approved": True}, {"passphrase": SECRET}, {"approver": "eve"}):
            answered = await called(client, "apply_plan", digest=digest, **extra)
            assert answered["status"] == "waiting"
    assert cuebook.proofs.approvers.all().keys() == {"eve"}


async def test_a_plan_of_one_door_is_applied_through_another(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        digest = (await called(client, "refresh_index"))["digest"]
    shown = await cuebook.caller.planned(digest, cuebook.local_principal(door="cli"))
    assert (shown["status"], shown["principal"]) == ("waiting", "user:default/local")
    cuebook.proofs.approvers.add("max", passphrase=Passphrase.of(SECRET), by="eve")
    await cuebook.caller.approve(digest, cuebook.proofs.by_passphrase("max", SECRET, Means.TERMINAL))
    applied = await cuebook.caller.apply(digest, cuebook.local_principal(door="rest"))
    assert applied["status"] == "done"
