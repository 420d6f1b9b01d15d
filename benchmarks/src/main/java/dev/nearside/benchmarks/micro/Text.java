package dev.nearside.benchmarks.micro;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Values like those of an API: records of JSON, always the same for a size. */
final class Text {
  private static final long SEED = 42;
  private static final String[] WORDS = {
    "order", "customer", "pending", "delivered", "invoice", "street", "premium", "summary", "value"
  };

  private Text() {}

  /**
   * Returns exactly {@code bytes} of it.
   *
   * @param randomShare which part of each record is digits that cannot be guessed, 0 to 1
   */
  static byte[] json(int bytes, double randomShare) {
    Random random = new Random(SEED);
    StringBuilder text = new StringBuilder("[");
    while (text.length() < bytes) {
      String word = WORDS[random.nextInt(WORDS.length)];
      int digits = (int) (randomShare / (1 - randomShare) * 70);
      text.append("{\"id\":").append(random.nextInt(1_000_000));
      text.append(",\"kind\":\"")
          .append(word)
          .append("\",\"enabled\":")
          .append(random.nextBoolean());
      text.append(",\"note\":\"the ").append(word).append(" of today\",\"token\":\"");
      for (int i = 0; i < digits; i++) {
        text.append((char) ('0' + random.nextInt(64)));
      }
      text.append("\"},");
    }
    return Arrays.copyOf(text.toString().getBytes(StandardCharsets.US_ASCII), bytes);
  }

  /** Returns a value as Redis writes it. */
  static byte[] reply(byte[] value) {
    byte[] header = ("$" + value.length + "\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] reply = Arrays.copyOf(header, header.length + value.length + 2);
    System.arraycopy(value, 0, reply, header.length, value.length);
    reply[reply.length - 2] = '\r';
    reply[reply.length - 1] = '\n';
    return reply;
  }
}
