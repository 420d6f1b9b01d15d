package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What happens for every request must leave no work to the collector. */
class AllocationTest {
  private static final int ROUNDS = 10_000;

  @Test
  void parse_pipelinesOfRequests_allocatesNothing() {
    ByteBuf in =
        ascii(
            "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n".repeat(10)
                + "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n$2\r\nPX\r\n$5\r\n60000\r\n");
    RequestParser parser = new RequestParser(1 << 20, 64 * 1024);
    int[] requests = {0};
    Runnable pipeline =
        () -> {
          in.readerIndex(0);
          while (parser.parse(in) == RequestParser.Progress.REQUEST) {
            requests[0]++;
            parser.consume(in);
          }
        };
    assertThat(allocatedBy(pipeline)).isLessThan(ROUNDS);
    assertThat(requests[0]).isEqualTo(2 * ROUNDS * 11);
  }

  @Test
  void parse_nothingButLineEnds_allocatesNothing() {
    ByteBuf in = ascii("\r\n".repeat(20));
    RequestParser parser = new RequestParser(1 << 20, 64 * 1024);
    Runnable lines =
        () -> {
          in.readerIndex(0);
          while (parser.parse(in) == RequestParser.Progress.EMPTY) {
            parser.consume(in);
          }
        };
    // The 40 bytes of the splitter of each line, where the compiler has not removed them yet.
    assertThat(allocatedBy(lines)).isLessThan(ROUNDS * 20L * 48);
  }

  @Test
  void scan_pipelinesOfReplies_allocatesNothing() {
    ByteBuf in =
        ascii("$5\r\nhello\r\n+OK\r\n:42\r\n*2\r\n$-1\r\n%1\r\n+a\r\n*1\r\n_\r\n-ERR x\r\n");
    ReplyScanner scanner = new ReplyScanner();
    int[] replies = {0};
    Runnable pipeline =
        () -> {
          for (int at = 0; at < in.writerIndex(); replies[0]++) {
            at = scanner.scan(in, at, in.writerIndex());
          }
        };
    assertThat(allocatedBy(pipeline)).isLessThan(ROUNDS);
    assertThat(replies[0]).isEqualTo(2 * ROUNDS * 5);
  }

  @Test
  void write_headersAndNumbers_allocatesNothing() {
    ByteBuf out = Unpooled.buffer(256);
    byte[] value = new byte[100];
    Runnable replies =
        () -> {
          out.clear();
          Replies.writeBulk(out, value, 0, value.length);
          Replies.writeInteger(out, -1_234_567L);
          out.writeBytes(Replies.nullBulk(true)).writeBytes(Replies.ok());
        };
    assertThat(allocatedBy(replies)).isLessThan(ROUNDS);
  }

  /** Returns the bytes allocated by the second half of the rounds: less than one per round. */
  private static long allocatedBy(Runnable round) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < ROUNDS; i++) {
      round.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ROUNDS; i++) {
      round.run();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII));
  }
}
