package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The commands of Nearside itself, which the upstream never sees: {@code NEARSIDE.L1 [ON|OFF]}.
 * Confined to the connection's event loop.
 */
final class OwnCommands {
  private final ClientConnection client;
  private final Coherence coherence;

  OwnCommands(ClientConnection client) {
    this.client = client;
    this.coherence = client.context().coherence();
  }

  boolean run(Request request) {
    client.answeredLocally(CommandLabel.OTHER);
    if (!request.argIs(0, "NEARSIDE.L1")) {
      String name = new String(request.arg(0), StandardCharsets.UTF_8);
      return client.answer(Replies.error("ERR unknown command '" + name + "'"));
    }
    if (request.argCount() == 1) {
      String mode = coherence.mode().name().toLowerCase(Locale.ROOT);
      return client.answer(Replies.bulk(mode.getBytes(StandardCharsets.UTF_8)));
    }
    if (!client.session().ownIdentity) {
      return client.answer(
          Replies.error("NOPERM only the user of the sidecar itself may switch NEARSIDE.L1"));
    }
    if (request.argCount() == 2 && request.argIs(1, "ON")) {
      return set(L1Mode.ON);
    }
    if (request.argCount() == 2 && request.argIs(1, "OFF")) {
      return set(L1Mode.OFF);
    }
    return client.answer(Replies.error("ERR NEARSIDE.L1 takes ON, OFF or nothing"));
  }

  private boolean set(L1Mode mode) {
    coherence.setMode(mode);
    return client.answer(Replies.ok());
  }
}
