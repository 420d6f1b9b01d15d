package dev.nearside.proxy.tier.local;

import dev.nearside.proxy.fuzz.FuzzInput;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/** Whatever name and reply: an entry, compressed or not, gives back both as they were. */
public final class EntryFuzz {
  private static final Compression COMPRESSION = new Compression(16);

  private EntryFuzz() {}

  /** One input of the fuzzer: the name, up to the first cut, and the reply. */
  public static void fuzzerTestOneInput(byte[] data) {
    FuzzInput input = FuzzInput.of(data);
    byte[] sent = input.sent();
    int nameLength = input.cuts().length == 0 ? 0 : input.cuts()[0];
    byte[] name = Arrays.copyOf(sent, nameLength);
    byte[] reply = Arrays.copyOfRange(sent, nameLength, sent.length);
    if (reply.length > 0 && name.length <= Held.MAX_NAME_BYTES) {
      check(name, reply);
    }
  }

  private static void check(byte[] name, byte[] reply) {
    LookupKey key = new LookupKey().set(1, name);
    Entry entry = new Entry(key.copy(), new Cohort(1, 0, 0, 0), new Flight(0));
    entry.land(reply, COMPRESSION.compress(reply), 0);
    ByteBuf out = Unpooled.buffer();
    Compression.writeReply(entry, out);
    boolean same =
        Arrays.equals(entry.name(), name)
            && Arrays.equals(ByteBufUtil.getBytes(out), reply)
            && entry.replyLength() == reply.length
            && entry.shows(reply)
            && entry.isFor(key)
            && key.hashCode() == entry.hashCode()
            && !entry.isNil();
    if (!same) {
      throw new AssertionError(name.length + " bytes of name, " + reply.length + " of reply");
    }
  }
}
