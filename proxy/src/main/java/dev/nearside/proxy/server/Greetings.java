package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a client says on connecting, and what stops a script, answered without pinning it: by what
 * the upstream answers on a lane that carries nothing else. No reply is invented, none is
 * remembered. Confined to the connection's event loop.
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
    if (client.replies().owesReplies()) {
      client.pauseUntilDrained();
      return false;
    }
    return switch (command.connectionEffect()) {
      case HELLO -> hello(command, request);
      case SELECT -> select(request);
      case AUTH -> auth(command, request);
      case CLIENT_NAME -> {
        byte[] said = copy(request);
        yield ask(request, () -> session.setName = said);
      }
      case CLIENT_INFO -> {
        byte[] said = copy(request);
        yield ask(request, () -> session.addInfo(said));
      }
      case CLIENT_PUSHES -> pushes(command, request);
      case NONE -> ask(request, () -> {});
      default -> throw new IllegalStateException("not a greeting: " + command.name());
    };
  }

  private static byte[] copy(Request request) {
    return ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
  }

  /**
   * {@code HELLO [2|3 [AUTH user password] [SETNAME name]]}: asked where its protocol is spoken
   * already, so that nothing changes there but the name.
   */
  private boolean hello(Command command, Request request) {
    int protocol = request.argCount() > 1 ? protocol(request) : session.protocol;
    if (protocol == 0) {
      return ask(request, () -> {});
    }
    HelloOptions options = HelloOptions.of(request);
    Credentials own = ownCredentials();
    if (options == null || (options.authenticates() && !isOwnUser(own, options))) {
      return router.relayPinned(command, request);
    }
    return ask(
        protocol,
        request,
        () -> {
          session.protocol = protocol;
          session.authenticated = true;
          if (options.authenticates()) {
            authenticatedAs(own.user());
          }
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
    return ask(
        request,
        () -> {
          session.database = database;
          session.floorNs = System.nanoTime(); // another shard: it may lag behind what was read
        });
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
    Credentials own = ownCredentials();
    boolean isOwn =
        switch (request.argCount()) {
          case 2 -> isOwnUser(own, "default".getBytes(StandardCharsets.UTF_8), request.arg(1));
          case 3 -> isOwnUser(own, request.arg(1), request.arg(2));
          default -> false;
        };
    return isOwn
        ? ask(
            request,
            () -> {
              session.authenticated = true;
              authenticatedAs(own.user());
            })
        : router.relayPinned(command, request);
  }

  /** {@code CLIENT MAINT_NOTIFICATIONS}: pushes are promised to one connection, the client's. */
  private boolean pushes(Command command, Request request) {
    if (context.lanes().topology().isCluster()) {
      return router.relayPinned(command, request);
    }
    byte[] said = copy(request);
    return ask(
        request,
        () -> {
          session.addInfo(said);
          session.kept = true;
        });
  }

  private static boolean isOwnUser(Credentials own, HelloOptions options) {
    byte[] user = options.user();
    byte[] password = options.password();
    return user != null && password != null && isOwnUser(own, user, password);
  }

  private static boolean isOwnUser(Credentials own, byte[] user, byte[] password) {
    String ownPassword = own.password();
    return ownPassword != null
        && Arrays.equals(user, own.user().getBytes(StandardCharsets.UTF_8))
        && java.security.MessageDigest.isEqual(
            password, ownPassword.getBytes(StandardCharsets.UTF_8));
  }

  private void authenticatedAs(String ownUser) {
    session.saidUser = ownUser;
    if (!ownUser.equals(ownCredentials().user())) {
      context.lanes().renew(); // the lane has become the old user's again
      client.closeUnlessUserIs(ownCredentials().user());
    }
  }

  private Credentials ownCredentials() {
    return context.lanes().topology().view().home().link().credentials().get();
  }

  /** {@code RESET}: what was learned is forgotten; see {@link Pinning#reset}. */
  boolean reset(Command command, Request request) {
    if (client.replies().owesReplies()) {
      client.pauseUntilDrained();
      return false;
    }
    boolean taken = router.relayPinned(command, request);
    if (taken) {
      client.pauseUntilDrained(); // the connection is given up then, or greeted again
    }
    return taken;
  }

  private boolean ask(Request request, Runnable agreed) {
    return ask(session.protocol, request, agreed);
  }

  /**
   * Asks the upstream on the greeting lane of {@code protocol}; the connection goes on when it has
   * answered.
   *
   * @param agreed called before the client hears of a reply that is no error
   */
  private boolean ask(int protocol, Request request, Runnable agreed) {
    context.counters().request(Way.RELAY, CommandLabel.OTHER);
    client.pause();
    context
        .lanes()
        .lane(
            new LaneKey(
                context.lanes().topology().view().home(), protocol, 0, LaneKey.Kind.GREETING))
        .send(request.buffer(), request.start(), request.length(), new Learned(agreed));
    return true;
  }

  /** The upstream's answer to what a client said, noted and passed on. */
  private final class Learned implements ReplySink {
    private final Runnable agreed;
    private final PendingReply reply = client.replies().add(new PendingReply(client.replies()));

    Learned(Runnable agreed) {
      this.agreed = agreed;
    }

    @Override
    public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
      if (!client.isOpen()) {
        return;
      }
      if (first && in.getByte(from) != '-') {
        agreed.run();
      }
      reply.append(in, from, to);
      if (last) {
        reply.complete();
        goOn();
      }
    }

    /** A client that has to keep a connection of its own goes on when it has it, or cannot. */
    private void goOn() {
      Upstream upstream = client.upstream();
      if (session.kept) {
        upstream.takePinFailure(); // an old one, which would keep this from being tried
      }
      if (!session.kept || upstream.isPinnedAndOpen()) {
        client.resume();
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
