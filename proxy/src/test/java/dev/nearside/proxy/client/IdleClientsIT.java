package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ten thousand clients that say one thing and then nothing more, on a heap of 128 MiB. */
class IdleClientsIT {
  private static final Logger log = LoggerFactory.getLogger(IdleClientsIT.class);
  private static final int WANTED = 10_000;
  private static final int DESCRIPTORS_KEPT_FREE = 300;
  private static final long MOST_BYTES_EACH = 32 * 1024;
  private static final String RESIDENT = "process_resident_memory_bytes";

  private static int affordable() {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount();
    return (int) Math.min(WANTED, free - DESCRIPTORS_KEPT_FREE);
  }

  @Test
  void tenThousandIdle_memoryIsBoundedAndOthersAreServed() throws Exception {
    int count = affordable();
    List<SocketChannel> idle = new ArrayList<>();
    try (RedisServer redis = RedisServer.start();
        SidecarProcess sidecar =
            SidecarProcess.run(
                    List.of(
                        "--upstream",
                        "redis://127.0.0.1:" + redis.port(),
                        "--set",
                        "limits.max-clients=" + (count + 10)))
                .awaitReady()) {
      double before = sidecar.metric(RESIDENT);
      for (int i = 0; i < count; i++) {
        idle.add(connectAndPing(sidecar.port()));
      }
      assertThat(sidecar.metric("nearside_clients")).isEqualTo(count);
      double each = (sidecar.metric(RESIDENT) - before) / count;
      log.info("{} idle clients, {} resident bytes each", count, (long) each);
      assertThat(each).isLessThan(MOST_BYTES_EACH);
      try (RespClient busy = sidecar.connect()) {
        for (int i = 0; i < 100; i++) {
          assertThat(busy.call("SET", "k", "v" + i)).isEqualTo("+OK\r\n");
          assertThat(busy.call("GET", "k")).endsWith("\r\nv" + i + "\r\n");
        }
      }
      closeAll(idle);
      Waiting.until("all are gone", () -> sidecar.metric("nearside_clients") == 0);
      assertThat(sidecar.metric("nearside_fences_up")).isZero();
      sidecar.terminate();
      assertThat(sidecar.awaitExit()).isZero();
      assertThat(sidecar.output()).doesNotContain("\tat ");
    } finally {
      closeAll(idle);
    }
  }

  private static SocketChannel connectAndPing(int port) throws IOException {
    SocketChannel client =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    client.write(ByteBuffer.wrap("PING\r\n".getBytes(StandardCharsets.US_ASCII)));
    ByteBuffer reply = ByteBuffer.allocate(7);
    while (reply.hasRemaining() && client.read(reply) >= 0) {
      // until the reply is whole, or the connection ends
    }
    assertThat(new String(reply.array(), StandardCharsets.US_ASCII)).isEqualTo("+PONG\r\n");
    return client;
  }

  private static void closeAll(List<SocketChannel> clients) throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
  }
}
