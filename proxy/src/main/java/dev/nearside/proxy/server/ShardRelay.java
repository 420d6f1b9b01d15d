package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.resp.Requests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes a pinned client of a cluster to shard channels, each at the node that has its slot,
 * and anew where the slot goes. Confined to the client's event loop.
 */
final class ShardRelay {
  private final ClientConnection client;
  private final Upstream upstream;
  private final ClusterRelay relay;
  private final ShardChannels channels = new ShardChannels();

  ShardRelay(ClientConnection client, Upstream upstream, ClusterRelay relay) {
    this.client = client;
    this.upstream = upstream;
    this.relay = relay;
  }

  private static int slotOf(String channel) {
    byte[] name = channel.getBytes(StandardCharsets.ISO_8859_1);
    return HashSlot.of(name, name.length);
  }

  /** Returns a node that has a channel of the client's, or null. */
  @Nullable Node anyNode() {
    var nodes = channels.nodes().iterator();
    return nodes.hasNext() ? nodes.next() : null;
  }

  /** Returns whether any channel is at {@code node}. */
  boolean areAt(Node node) {
    return channels.at(node) > 0;
  }

  void clear() {
    channels.clear();
  }

  /** Sends SSUBSCRIBE or SUNSUBSCRIBE. */
  void send(Command command, Request request, Node target) {
    boolean begins = command.connectionEffect() == ConnectionEffect.SUBSCRIBE;
    if (request.argCount() < 2) {
      endAll(command, request, target, begins);
      return;
    }
    String[] names = new String[request.argCount() - 1];
    for (int i = 0; i < names.length; i++) {
      names[i] = new String(request.arg(i + 1), StandardCharsets.ISO_8859_1);
      if (!begins) {
        channels.remove(names[i]);
      }
    }
    Node[] at = {target};
    ShardReply reply =
        shardReply(
            command,
            names.length,
            i -> {
              if (begins) {
                channels.put(names[i], at[0]);
              }
            },
            () -> channels.elsewhereThan(at[0]));
    byte[] bytes = ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
    upstream.track(reply);
    relay.send(slotOf(names[0]), target, bytes, reply, node -> at[0] = node);
  }

  /** Each node with channels ends them; where there is none, any says so. */
  private void endAll(Command command, Request request, Node target, boolean begins) {
    byte[] bytes = ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
    List<Node> nodes = List.copyOf(begins ? Set.of() : channels.nodes());
    int[] counts = nodes.stream().mapToInt(channels::at).toArray();
    if (nodes.isEmpty()) {
      ShardReply reply = shardReply(command, 1, i -> {}, () -> 0);
      upstream.track(reply);
      relay.send(HashSlot.NONE, target, bytes, reply, node -> {});
      return;
    }
    channels.clear();
    int left = Arrays.stream(counts).sum();
    for (int i = 0; i < counts.length; i++) {
      left -= counts[i];
      int others = left;
      ShardReply reply = shardReply(command, counts[i], each -> {}, () -> others);
      upstream.track(reply);
      relay.send(HashSlot.NONE, nodes.get(i), bytes, reply, node -> {});
    }
  }

  private ShardReply shardReply(
      Command command, int expected, IntConsumer confirmed, IntSupplier elsewhere) {
    Subscriptions all = upstream.pinning().subscriptions();
    return new ShardReply(client, all, command, expected, confirmed, elsewhere, channels::size);
  }

  /** Returns whether this says that a channel is elsewhere now, which the client wants. */
  boolean isShardLost(ByteBuf in, int from, int to) {
    String ended = ShardChannels.endedBy(in, from, to);
    return ended != null && channels.contains(ended);
  }

  /** Subscribes anew to the channel that is elsewhere now, if that is what this says. */
  boolean keepsShard(ByteBuf in, int from, int to) {
    String ended = ShardChannels.endedBy(in, from, to);
    if (ended == null || !channels.contains(ended)) {
      return in.getByte(from) == '-'; // of no request
    }
    Topology topology = client.context().lanes().topology();
    topology.doubt();
    int slot = slotOf(ended);
    byte[] name = ended.getBytes(StandardCharsets.ISO_8859_1);
    relay.send(
        slot,
        topology.view().nodeOf(slot),
        Requests.encode("SSUBSCRIBE", name),
        new QuietReply(client, upstream.pinning().connections()),
        node -> channels.put(ended, node));
    return true;
  }
}
