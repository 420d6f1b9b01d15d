package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client hears that takes the sidecar for a sentinel: that the primary is the sidecar. With
 * the true address it would walk around it. Confined to the connection's event loop.
 */
final class SentinelAnswers {
  private static final String NO_SUCH = "ERR No such master with that name";

  private final ClientConnection client;
  private final @Nullable String primary;

  SentinelAnswers(ClientConnection client) {
    this.client = client;
    this.primary = client.context().policy().sentinelPrimary();
  }

  /** Returns the reply to {@code request}, or null where it is none that is answered here. */
  byte @Nullable [] answer(Request request) {
    String name = primary;
    if (name == null
        || !request.argIs(0, "SENTINEL")
        || request.argCount() < 2
        || !(client.channel().localAddress() instanceof InetSocketAddress here)) {
      return null;
    }
    boolean ofMine = request.argCount() == 3 && text(request, 2).equals(name);
    boolean ofAny = request.argCount() == 3;
    return switch (text(request, 1).toUpperCase(Locale.ROOT)) {
      case "GET-MASTER-ADDR-BY-NAME" -> {
        boolean resp3 = client.session().protocol == 3;
        yield ofMine ? address(here) : ofAny ? Replies.nullArray(resp3) : null;
      }
      case "MASTERS" -> join(Replies.arrayHeader(1), state(name, here));
      case "MASTER" -> ofMine ? state(name, here) : ofAny ? Replies.error(NO_SUCH) : null;
      case "REPLICAS", "SLAVES", "SENTINELS" ->
          ofMine ? Replies.arrayHeader(0) : ofAny ? Replies.error(NO_SUCH) : null;
      default -> null;
    };
  }

  private static byte[] address(InetSocketAddress here) {
    return join(Replies.arrayHeader(2), bulk(here.getAddress().getHostAddress()), bulk(port(here)));
  }

  private byte[] state(String name, InetSocketAddress here) {
    MapReply map = new MapReply(client.session().protocol == 3);
    map.add("name", name);
    map.add("ip", here.getAddress().getHostAddress());
    map.add("port", port(here));
    map.add("flags", "master");
    map.add("role-reported", "master");
    for (String none : new String[] {"num-slaves", "num-other-sentinels", "config-epoch"}) {
      map.add(none, "0");
    }
    map.add("quorum", "1");
    return map.reply();
  }

  private static String port(InetSocketAddress here) {
    return String.valueOf(here.getPort());
  }

  private static String text(Request request, int arg) {
    return new String(request.arg(arg), StandardCharsets.UTF_8);
  }

  private static byte[] bulk(String text) {
    return Replies.bulk(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      whole.writeBytes(part);
    }
    return whole.toByteArray();
  }
}
