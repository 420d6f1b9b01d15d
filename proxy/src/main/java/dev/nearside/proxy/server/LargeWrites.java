package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.write.GatheringRoom;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one client above 64 KiB that write keys which the database takes too, or may:
 * each is gathered whole, in a share of the {@link GatheringRoom}. Confined to the connection's
 * event loop.
 */
final class LargeWrites {
  /** What may follow the value of one key: options, each of a few bytes. */
  private static final int OPTIONS_BYTES = 64 * 1024;

  /** Of keys there are no more in requests that are not large, and Redis stands still for each. */
  private static final int MOST_ARGS = 8 * 1024;

  private static final byte[] CROWDED =
      Replies.error("ERR nothing was written: too many large requests are under way");

  /** No option is so long. */
  private static final byte[] SYNTAX = Replies.error("ERR syntax error");

  private final ClientConnection client;
  private final GatheringRoom room;
  private GatheringRoom.@Nullable Share share;
  private @Nullable Future<?> patience;
  private byte @Nullable [] refusal;
  private boolean waits;

  LargeWrites(ClientConnection client, GatheringRoom room) {
    this.client = client;
    this.room = room;
  }

  /**
   * Has a request gathered, once there is room for it; not if it is too large.
   *
   * @param bytes how long it is at least
   * @param args how many arguments it has
   * @param isOneKey whether it has one key, and that is here
   * @param namespace whose keys it writes, as far as they are here
   */
  LargeWay gather(long bytes, int args, boolean isOneKey, @Nullable String namespace) {
    if (bytes > GatheringRoom.MOST_BYTES || args > MOST_ARGS) {
      return skip(tooLarge(namespace));
    }
    if (refusal != null) {
      return skip(refusal);
    }
    GatheringRoom.Share its = share;
    if (its == null) {
      long most = isOneKey ? bytes + OPTIONS_BYTES : GatheringRoom.MOST_BYTES;
      its = room.ask((int) Math.min(most, GatheringRoom.MOST_BYTES), this::granted);
      share = its;
    }
    if (its.isHeld()) {
      stopWaiting();
      return bytes > its.bytes() ? skip(SYNTAX) : LargeWay.GATHERED;
    }
    if (!waits) {
      waits = true;
      patience = client.schedule(this::giveUp, room.patience());
    }
    client.pause();
    return LargeWay.NOT_TAKEN;
  }

  private static byte[] tooLarge(@Nullable String namespace) {
    String what =
        namespace == null
            ? "this could write keys that are written to the database, unseen"
            : "namespace " + namespace + " is written to the database";
    return Replies.error(
        "ERR %s: at most %d MiB and %d arguments a request"
            .formatted(what, GatheringRoom.MOST_BYTES >> 20, MOST_ARGS));
  }

  /** By any thread. */
  private void granted() {
    client.execute(this::goOn);
  }

  private void goOn() {
    if (waits && share != null && share.isHeld()) {
      stopWaiting();
      client.resume();
    }
  }

  private void giveUp() {
    if (waits && share != null && !share.isHeld()) {
      end();
      refusal = CROWDED;
      client.resume();
    }
  }

  private void stopWaiting() {
    waits = false;
    if (patience != null) {
      patience.cancel(false);
      patience = null;
    }
  }

  /** Refuses the request by {@code error}, once all of it has come. */
  LargeWay skip(byte[] error) {
    end();
    refusal = error;
    return LargeWay.SKIPPED;
  }

  /** All of a refused request has come. */
  void skipped() {
    client.answer(Objects.requireNonNull(refusal));
    refusal = null;
  }

  /** Returns how long the request may be that is gathered. */
  int mostBytes() {
    return Objects.requireNonNull(share).bytes();
  }

  /** The request that was gathered, if any, takes its room until {@code done}. */
  void holdUntil(CompletableFuture<?> done) {
    GatheringRoom.Share its = share;
    if (its != null) {
      share = null;
      var _ = done.whenComplete((outcome, bug) -> its.end());
    }
  }

  /** Nothing is gathered, or waits for that, any more. */
  void end() {
    stopWaiting();
    refusal = null;
    GatheringRoom.Share its = share;
    if (its != null) {
      share = null;
      its.end();
    }
  }
}
