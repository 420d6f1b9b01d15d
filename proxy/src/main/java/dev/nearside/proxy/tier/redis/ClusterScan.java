package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.config.NearsideConfig.Address;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * A key whose slot moves while it is looked for could be missed: not yet at the node that was asked
 * first, not any more at the one that is asked after it. So a look at all nodes counts only if from
 * its beginning to its end the map has stayed the same, and at both no slot was on its way: a move
 * that begins and ends in between changes the map. Otherwise it begins anew.
 */

/** Looks through the keys of each primary of a cluster, one after the other. Stateless. */
final class ClusterScan {
  private static final long PAUSE_MS = 20;

  /** Where a look stands: {@code version index cursor}; the cursor is empty where a node begins. */
  private record Place(int version, int index, String cursor) {
    static Place of(String text) {
      String[] words = text.split(" ", -1);
      return new Place(Integer.parseInt(words[0]), Integer.parseInt(words[1]), words[2]);
    }

    @Override
    public String toString() {
      return version + " " + index + " " + cursor;
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
      return settled(now).thenApply(yes -> new KeyPage(List.of(), begin(now, yes).toString()));
    }
    Place at = Place.of(from);
    if (at.version != now.version()) {
      return scan(pattern, null);
    }
    if (at.index == now.primaries().size()) {
      return settled(now)
          .thenApply(yes ->
              new KeyPage(
                  List.of(),
                  yes && map.snapshot().version() == at.version
                      ? null
                      : begin(map.snapshot(), yes).toString()));
    }
    StatefulRedisConnection<byte[], byte[]> node = connections.apply(now.primaries().get(at.index));
    if (node == null || !node.isOpen()) {
      return CompletableFuture.failedFuture(new UnsentException("a primary is not connected"));
    }
    return KeyPage.scan(node, pattern, at.cursor.isEmpty() ? null : at.cursor)
        .thenApply(page -> new KeyPage(page.keys(), next(at, page).toString()))
        .toCompletableFuture();
  }

  /** While slots are on their way, nowhere: it is asked about that again. */
  private static Place begin(ClusterMap.Snapshot now, boolean isSettled) {
    return new Place(isSettled ? now.version() : -1, 0, "");
  }

  private static Place next(Place at, KeyPage page) {
    return page.next() == null
        ? new Place(at.version, at.index + 1, "")
        : new Place(at.version, at.index, page.next());
  }

  /** Returns whether no primary has a slot that is on its way; that one has, after a pause. */
  CompletableFuture<Boolean> settled(ClusterMap.Snapshot now) {
    CompletableFuture<Boolean> all = CompletableFuture.completedFuture(now.isWhole());
    for (Address each : now.primaries()) {
      StatefulRedisConnection<byte[], byte[]> node = connections.apply(each);
      if (node == null || !node.isOpen()) {
        return CompletableFuture.failedFuture(new UnsentException("a primary is not connected"));
      }
      all =
          all.thenCombine(
              node.async().clusterNodes(),
              (yes, nodes) ->
                  yes
                      && nodes
                          .lines()
                          .noneMatch(line -> line.contains("myself") && line.contains(" [")));
    }
    return all.thenCompose(yes ->
        yes
            ? CompletableFuture.completedFuture(true)
            : new CompletableFuture<Boolean>()
                .completeOnTimeout(false, PAUSE_MS, TimeUnit.MILLISECONDS));
  }
}
