package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster-aware client hears when it asks who has which slot: the sidecar has all. With the
 * true nodes it would walk around it. Confined to the connection's event loop.
 */
final class ClusterAnswers {
  private static final byte[] UNKNOWN_NODES =
      Replies.error("CLUSTERDOWN not all nodes of the cluster are known to the sidecar yet");

  private static final int LAST_SLOT = HashSlot.COUNT - 1;

  private final ClientConnection client;

  ClusterAnswers(ClientConnection client) {
    this.client = client;
  }

  /** Returns the reply to {@code request}, or null where it is none that is answered here. */
  byte @Nullable [] answer(Command command, Request request) {
    boolean isForAll = command.spread().isForAll() || command.spread() == Spread.CURSOR;
    if (isForAll && !client.context().lanes().topology().view().isWhole()) {
      return UNKNOWN_NODES;
    }
    if (request.argCount() != 2
        || !request.argIs(0, "CLUSTER")
        || !(client.channel().localAddress() instanceof InetSocketAddress here)) {
      return null;
    }
    String host = here.getAddress().getHostAddress();
    return switch (text(request).toUpperCase(Locale.ROOT)) {
      case "SLOTS" -> slots(host, here.getPort());
      case "SHARDS" -> shards(host, here.getPort());
      case "NODES" -> {
        String line =
            "%s %s:%d@%d myself,master - 0 0 1 connected 0-%d\n"
                .formatted(id(here), host, here.getPort(), here.getPort(), LAST_SLOT);
        yield Replies.bulk(line.getBytes(StandardCharsets.US_ASCII));
      }
      case "MYID" -> Replies.bulk(id(here).getBytes(StandardCharsets.US_ASCII));
      default -> null;
    };
  }

  private byte[] slots(String host, int port) {
    ByteBuf out = Unpooled.buffer();
    Replies.writeArrayHeader(out, 1);
    Replies.writeArrayHeader(out, 3);
    Replies.writeInteger(out, 0);
    Replies.writeInteger(out, LAST_SLOT);
    Replies.writeArrayHeader(out, 3);
    write(out, host);
    Replies.writeInteger(out, port);
    write(out, id((InetSocketAddress) client.channel().localAddress()));
    return ByteBufUtil.getBytes(out);
  }

  private byte[] shards(String host, int port) {
    boolean resp3 = client.session().protocol == 3;
    MapReply node = new MapReply(resp3);
    node.add("id", id((InetSocketAddress) client.channel().localAddress()));
    node.add("port", Long.valueOf(port));
    node.add("ip", host);
    node.add("endpoint", host);
    node.add("role", "master");
    node.add("replication-offset", Long.valueOf(0));
    node.add("health", "online");
    ByteBuf slots = Unpooled.buffer();
    Replies.writeArrayHeader(slots, 2);
    Replies.writeInteger(slots, 0);
    Replies.writeInteger(slots, LAST_SLOT);
    MapReply shard = new MapReply(resp3);
    shard.add("slots", ByteBufUtil.getBytes(slots));
    shard.add("nodes", ofOne(node.reply()));
    return ofOne(shard.reply());
  }

  private static byte[] ofOne(byte[] element) {
    return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(Replies.arrayHeader(1), element));
  }

  private static void write(ByteBuf out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    Replies.writeBulk(out, bytes, 0, bytes.length);
  }

  /** The same for every client of this listener, and as long as a node's. */
  private static String id(InetSocketAddress here) {
    try {
      byte[] name = here.toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(name));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static String text(Request request) {
    return new String(request.arg(1), StandardCharsets.UTF_8);
  }
}
