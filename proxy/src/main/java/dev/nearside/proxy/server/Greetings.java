package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.relay.Lane;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.UpstreamAddress;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a client says on connecting, answered without pinning it: HELLO and SELECT by what the
 * upstream answered to the lanes of that protocol and database, the rest by asking it on a lane of
 * its own kind. No reply is invented. Confined to the connection's event loop.
 */
final class Greetings {
  private final ClientConnection client;
  private final Session session;
  private final LoopContext context;
  private final RequestRouter router;

  Greetings(ClientConnection client, RequestRouter router) {
    this.client = client;
    this.router = router;
    this.session = client.session();
    this.context = client.context();
  }

  /** Answers {@code request}, of a client that is not pinned. */
  boolean greet(Command command, Request request) {
    if (!client.replies().isEmpty()) {
      client.pauseUntilDrained();
      return false;
    }
    return switch (command.connectionEffect()) {
      case HELLO -> hello(command, request);
      case SELECT -> select(request);
      case AUTH -> auth(command, request);
      case CLIENT_NAME, CLIENT_INFO, CLIENT_PUSHES ->
          ask(request, new Learned(command.connectionEffect(), request));
      default -> throw new IllegalStateException("not a greeting: " + command.name());
    };
  }

  /** {@code HELLO [2|3 [AUTH user password] [SETNAME name]]}. */
  private boolean hello(Command command, Request request) {
    int protocol = request.argCount() > 1 ? protocol(request) : session.protocol;
    if (protocol == 0) {
      return ask(request, new Learned(ConnectionEffect.NONE, request));
    }
    HelloOptions options = HelloOptions.of(request);
    if (options == null || (options.authenticates() && !isOwnUser(options))) {
      return router.relayPinned(command, request);
    }
    Lane lane = context.lanes().lane(new LaneKey(protocol, session.database, LaneKey.Kind.READS));
    return answerWhenGreeted(
        lane,
        () -> lane.helloReply(),
        () -> {
          session.protocol = protocol;
          session.authenticated = true;
          if (options.setName() != null) {
            session.setName = options.setName();
          }
        });
  }

  private static int protocol(Request request) {
    if (request.argLength(1) != 1) {
      return 0;
    }
    byte version = request.buffer().getByte(request.argStart(1));
    return version == '2' || version == '3' ? version - '0' : 0;
  }

  /** {@code SELECT index}. */
  private boolean select(Request request) {
    int database = request.argCount() == 2 ? database(request) : -1;
    Learned learned = new Learned(ConnectionEffect.SELECT, request);
    learned.database = database;
    return ask(request, learned);
  }

  /** Returns the database index if it is written canonically, else -1. */
  private static int database(Request request) {
    int length = request.argLength(1);
    if (length < 1 || length > 9) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < length; i++) {
      int digit = request.buffer().getByte(request.argStart(1) + i) - '0';
      if (digit < 0 || digit > 9 || (i == 0 && digit == 0 && length > 1)) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** {@code AUTH password} or {@code AUTH user password}. */
  private boolean auth(Command command, Request request) {
    boolean own =
        switch (request.argCount()) {
          case 2 -> isOwnUser("default".getBytes(StandardCharsets.UTF_8), request.arg(1));
          case 3 -> isOwnUser(request.arg(1), request.arg(2));
          default -> false;
        };
    return own
        ? ask(request, new Learned(ConnectionEffect.AUTH, request))
        : router.relayPinned(command, request);
  }

  private boolean isOwnUser(HelloOptions options) {
    byte[] user = options.user();
    byte[] password = options.password();
    return user != null && password != null && isOwnUser(user, password);
  }

  private boolean isOwnUser(byte[] user, byte[] password) {
    UpstreamAddress own = context.lanes().address();
    String ownPassword = own.password();
    return ownPassword != null
        && Arrays.equals(user, own.user().getBytes(StandardCharsets.UTF_8))
        && java.security.MessageDigest.isEqual(
            password, ownPassword.getBytes(StandardCharsets.UTF_8));
  }

  /** {@code RESET}: what was learned is forgotten; see {@link Pinning#reset}. */
  boolean reset(Command command, Request request) {
    if (!client.replies().isEmpty()) {
      client.pauseUntilDrained();
      return false;
    }
    boolean taken = router.relayPinned(command, request);
    if (taken) {
      client.pauseUntilDrained(); // the connection is given up then, or greeted again
    }
    return taken;
  }

  /** Asks the upstream on the greeting lane; the connection goes on when it has answered. */
  private boolean ask(Request request, ReplySink sink) {
    context.counters().request(Way.RELAY, CommandLabel.OTHER);
    client.pause();
    context
        .lanes()
        .lane(new LaneKey(session.protocol, 0, LaneKey.Kind.GREETING))
        .send(request.buffer(), request.start(), request.length(), sink);
    return true;
  }

  private boolean answerWhenGreeted(
      Lane lane, java.util.function.Supplier<byte @Nullable []> learned, Runnable agreed) {
    context.counters().request(Way.RELAY, CommandLabel.OTHER);
    client.pause();
    lane.whenGreeted(() ->
        client.execute(() -> {
          byte[] reply = learned.get();
          if (reply == null) {
            client.answer(RelayedReply.unavailable(Reason.DISCONNECTED));
          } else {
            if (reply[0] != '-') {
              agreed.run();
            }
            client.answer(reply);
          }
          client.resume();
        }));
    return true;
  }

  /** The upstream's answer to what a client said, noted and passed on. */
  private final class Learned implements ReplySink {
    private final ConnectionEffect effect;
    private final byte[] request;
    private final PendingReply reply;
    private int database;
    private boolean pins;

    Learned(ConnectionEffect effect, Request request) {
      this.effect = effect;
      this.request = ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
      this.reply = client.replies().add(new PendingReply(client.replies()));
    }

    @Override
    public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
      if (!client.isOpen()) {
        return;
      }
      if (first && in.getByte(from) != '-') {
        agreed();
      }
      reply.append(in, from, to);
      if (last) {
        reply.complete();
        goOn();
      }
    }

    /** A client that is to be pinned goes on when it is, or cannot be. */
    private void goOn() {
      Upstream upstream = client.upstream();
      if (pins) {
        upstream.takePinFailure(); // an old one, which would keep this from being tried
      }
      if (!pins || upstream.isPinnedAndOpen()) {
        client.resume();
      }
    }

    private void agreed() {
      switch (effect) {
        case CLIENT_NAME -> session.setName = request;
        case CLIENT_INFO -> session.addInfo(request);
        case CLIENT_PUSHES -> {
          session.addInfo(request);
          session.kept = true;
          pins = true;
        }
        case AUTH -> session.authenticated = true;
        case SELECT -> {
          session.database = database;
          session.floorNs = System.nanoTime(); // another shard: it may lag behind what was read
        }
        default -> {}
      }
    }

    @Override
    public void lost() {
      client.closeWhenFlushed();
    }

    @Override
    public void refused(Reason reason) {
      if (client.isOpen()) {
        reply.append(RelayedReply.unavailable(reason));
        reply.complete();
        client.resume();
      }
    }
  }
}
