package dev.nearside.proxy.server;

import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * The reply to a command that changes what the connection is; usually when it is no error. What
 * cannot be known makes the connection the client's for good, and its user a stranger to L1.
 */
final class StateReply extends RelayedReply {
  private final ClientConnection client;
  private final ConnectionEffect effect;
  private final int number;
  private final boolean authenticates;
  private final boolean changesUser;
  private final boolean queued;
  private final boolean understood;
  private final byte @Nullable [] said;

  /**
   * Creates a reply.
   *
   * @param request what was asked, or as much as is here
   * @param whole whether that is all
   */
  StateReply(ClientConnection client, ConnectionEffect effect, Request request, boolean whole) {
    super(client, null, false, false, true);
    this.client = client;
    this.effect = effect;
    this.number = request.argCount() > 1 ? number(request) : 0;
    if (settlesNext()) {
      client.session().unsettled++;
    }
    this.queued = client.session().transaction != null && effect != ConnectionEffect.RESET;
    HelloOptions hello =
        effect == ConnectionEffect.HELLO && whole ? HelloOptions.of(request) : null;
    this.understood = whole && (effect != ConnectionEffect.HELLO || hello != null);
    this.said =
        switch (effect) {
          case CLIENT_NAME, CLIENT_INFO ->
              whole
                  ? ByteBufUtil.getBytes(request.buffer(), request.start(), request.length())
                  : null;
          case HELLO -> hello == null ? null : hello.setName();
          default -> null;
        };
    this.authenticates = hello != null && hello.authenticates();
    this.changesUser =
        switch (effect) {
          case AUTH -> true;
          case HELLO -> !whole || names(request, "AUTH");
          default -> false;
        };
  }

  /** Returns whether only its reply tells in which database and protocol the next is executed. */
  private boolean settlesNext() {
    return switch (effect) {
      case SELECT, RESET, HELLO -> true;
      default -> false;
    };
  }

  private static boolean names(Request request, String option) {
    for (int i = 2; i < request.argCount(); i++) {
      if (request.argIs(i, option)) {
        return true;
      }
    }
    return false;
  }

  private static int number(Request request) {
    int value = 0;
    for (int i = 0; i < request.argLength(1) && i < 9; i++) {
      int digit = request.buffer().getByte(request.argStart(1) + i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first) {
      Session session = client.session();
      boolean agreed = in.getByte(from) != '-';
      session.unsettled -= settlesNext() ? 1 : 0;
      // HELLO does what it was asked up to the option that it refuses; EXEC does what is queued.
      boolean partly = !agreed && effect == ConnectionEffect.HELLO && changesUser;
      session.kept |= !understood || partly || (queued && agreed);
      session.ownIdentity &= !(partly || (agreed && changesUser));
      if (changesUser) {
        session.grants.clear();
      }
      if (agreed) {
        apply(session);
      }
    }
    super.reply(in, from, to, first, last);
  }

  @Override
  public void refused(Reason reason) {
    client.session().unsettled -= settlesNext() ? 1 : 0;
    super.refused(reason);
  }

  private void apply(Session session) {
    if (queued) {
      session.databaseUnknown = true;
      return;
    }
    switch (effect) {
      case SELECT -> {
        session.database = number;
        session.databaseUnknown = false;
        session.floorNs = System.nanoTime(); // another shard: it may lag behind what was read
      }
      case HELLO -> {
        session.protocol = number == 0 ? session.protocol : number;
        session.authenticated |= authenticates;
        session.setName = said == null ? session.setName : said;
      }
      case CLIENT_NAME -> session.setName = said;
      case CLIENT_INFO -> {
        if (said != null) {
          session.addInfo(said);
        }
      }
      case AUTH -> session.authenticated = true;
      case RESET -> {
        session.reset(client.context().policy().database());
        client.upstream().reset();
      }
      default -> {}
    }
  }
}
