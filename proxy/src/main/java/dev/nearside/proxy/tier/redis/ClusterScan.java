package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.config.NearsideConfig.Address;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * A key whose slot moves while it is looked for could be missed: not yet at the node that was asked
 * first, not any more at the one that is asked after it. So a look at all nodes counts only if at
 * its beginning and at its end each primary says of itself what the map has: that it is one, which
 * slots it has, and that none is on its way; and if they are the same nodes with the same epochs
 * both times. Whoever takes a slot raises his epoch, so that one that went and came back is noticed.
 * A node that restarts has lost its connection, which is the matter of who looks (CaptureLink).
 */

/** Looks through the keys of each primary of a cluster, one after the other. Stateless. */
final class ClusterScan {
  private static final long PAUSE_MS = 20;
  private static final String UNSETTLED = "unsettled";

  /**
   * Where a look stands.
   *
   * @param version of the map
   * @param view what the primaries have said of themselves
   * @param index of the primary
   * @param cursor empty where it begins
   */
  private record Place(int version, UUID view, int index, String cursor) {
    private static final UUID NONE = new UUID(0, 0);

    static Place of(String text) {
      String[] words = text.split(" ", -1);
      return new Place(
          Integer.parseInt(words[0]),
          UUID.fromString(words[1]),
          Integer.parseInt(words[2]),
          words[3]);
    }

    @Override
    public String toString() {
      return String.join(" ", version + "", view.toString(), index + "", cursor);
    }
  }

  private final ClusterMap map;
  private final Function<Address, @Nullable StatefulRedisConnection<byte[], byte[]>> connections;

  /**
   * @param connections gives the connection to a primary, or null while there is none
   */
  ClusterScan(
      ClusterMap map,
      Function<Address, @Nullable StatefulRedisConnection<byte[], byte[]>> connections) {
    this.map = map;
    this.connections = connections;
  }

  /** As {@link RowLinks#scan}; fails where one of them cannot be asked. */
  CompletableFuture<KeyPage> scan(byte[] pattern, @Nullable String from) {
    ClusterMap.Snapshot now = map.snapshot();
    if (from == null) {
      return view(now).thenApply(view -> begin(now, view));
    }
    Place at = Place.of(from);
    if (at.version != now.version() || at.view.equals(Place.NONE)) {
      return scan(pattern, null);
    }
    if (at.index == now.primaries().size()) {
      return view(now)
          .thenApply(view ->
              at.view.equals(view) ? new KeyPage(List.of(), null, false) : begin(now, view));
    }
    StatefulRedisConnection<byte[], byte[]> node = connections.apply(now.primaries().get(at.index));
    if (node == null || !node.isOpen()) {
      return CompletableFuture.failedFuture(new UnsentException("a primary is not connected"));
    }
    return KeyPage.scan(node, pattern, at.cursor.isEmpty() ? null : at.cursor)
        .thenApply(page -> new KeyPage(page.keys(), next(at, page).toString(), false))
        .toCompletableFuture();
  }

  /** While slots are on their way, nowhere: it is asked about that again. */
  private static KeyPage begin(ClusterMap.Snapshot now, @Nullable UUID view) {
    Place first = new Place(now.version(), view == null ? Place.NONE : view, 0, "");
    return new KeyPage(List.of(), first.toString(), true);
  }

  private static Place next(Place at, KeyPage page) {
    return page.next() == null
        ? new Place(at.version, at.view, at.index + 1, "")
        : new Place(at.version, at.view, at.index, page.next());
  }

  /** Returns what the primaries say if it is what the map has; else, after a pause, null. */
  private CompletableFuture<@Nullable UUID> view(ClusterMap.Snapshot now) {
    CompletableFuture<String> all = CompletableFuture.completedFuture("");
    for (Address each : now.primaries()) {
      StatefulRedisConnection<byte[], byte[]> node = connections.apply(each);
      if (node == null || !node.isOpen()) {
        return CompletableFuture.failedFuture(new UnsentException("a primary is not connected"));
      }
      String slots = NodeView.slots(now, each);
      all =
          all.thenCombine(
              node.async().clusterNodes(),
              (before, nodes) -> {
                String view = NodeView.settled(nodes, slots);
                return before + "\n" + (view == null ? UNSETTLED : view);
              });
    }
    return all.thenCompose(views -> {
      if (now.isWhole() && !views.contains(UNSETTLED)) {
        return CompletableFuture.completedFuture(UUID.nameUUIDFromBytes(views.getBytes(US_ASCII)));
      }
      map.doubt();
      return new CompletableFuture<@Nullable UUID>()
          .completeOnTimeout(null, PAUSE_MS, TimeUnit.MILLISECONDS);
    });
  }
}
