package dev.nearside.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.nearside.proxy.telemetry.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that are slow, silent, greedy or many; each waits for what the server does about it. */
class AdminLimitsTest {
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String PROBE = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(1);

  @AfterEach
  void stopClock() {
    clock.shutdownNow();
  }

  @Test
  void aConnectionWithoutARequest_isClosedWhenIdle() throws Exception {
    try (AdminScene scene = new AdminScene(new AdminLimits(8, SHORT, LONG, LONG));
        RawHttp fresh = scene.raw();
        RawHttp used = scene.raw()) {
      assertThat(used.send(PROBE).reply().status()).isEqualTo(200);

      assertThat(fresh.isClosedByServer()).isTrue();
      assertThat(used.isClosedByServer()).isTrue();
    }
  }

  @Test
  void aRequestThatTrickles_isClosed_howeverSteadyTheTrickle() throws Exception {
    try (AdminScene scene = new AdminScene(new AdminLimits(8, LONG, SHORT, LONG));
        RawHttp slow = scene.raw()) {
      slow.send("GET /livez HTTP/1.1\r\nHost: x\r\n");
      Future<?> trickle = trickle(slow);

      slow.awaitClose();

      assertThatExceptionOfType(ExecutionException.class).isThrownBy(trickle::get);
      try (RawHttp other = scene.raw()) {
        assertThat(other.send(PROBE).reply().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void aBodyThatNeverComes_isClosed() throws Exception {
    try (AdminScene scene = new AdminScene(new AdminLimits(8, LONG, SHORT, LONG));
        RawHttp slow = scene.raw()) {
      slow.send("PUT /v1/l1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\no");

      assertThat(slow.isClosedByServer()).isTrue();
    }
  }

  @Test
  void aRefusedClientThatStays_isClosed() throws Exception {
    try (AdminScene scene = new AdminScene(new AdminLimits(8, LONG, LONG, SHORT));
        RawHttp client = scene.raw()) {
      client.send("not http\r\n\r\n");
      assertThat(client.reply().status()).isEqualTo(400);
      assertThat(client.isClosedByServer()).isTrue();

      Future<?> trickle = trickle(client);
      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> trickle.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void aClientThatNeverReads_costsFewScrapes_andIsClosed() throws Exception {
    int asked = 4_000;
    AtomicInteger scrapes = new AtomicInteger();
    try (AdminScene scene = new AdminScene(new AdminLimits(8, LONG, LONG, SHORT));
        RawHttp greedy = scene.raw()) {
      scene.metrics.gauge(Metric.CLIENTS, scrapes::incrementAndGet);
      greedy.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(asked));

      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> trickle(greedy).get(20, TimeUnit.SECONDS));

      assertThat(scrapes.get()).isBetween(1, asked / 2);
    }
  }

  @Test
  void oneConnectionTooMany_isClosed_andRoomComesBack() throws Exception {
    try (AdminScene scene = new AdminScene(new AdminLimits(3, LONG, LONG, LONG))) {
      List<RawHttp> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(scene.raw());
        assertThat(clients.get(i).send(PROBE).reply().status()).isEqualTo(200);
      }
      try (RawHttp tooMany = scene.raw()) {
        tooMany.awaitClose();
      }
      assertThat(clients.get(0).send("GET /livez HTTP/1.0\r\n\r\n").reply().status())
          .isEqualTo(200);
      assertThat(clients.get(0).isClosedByServer()).isTrue();
      try (RawHttp next = scene.raw()) {
        assertThat(next.send(PROBE).reply().status()).isEqualTo(200);
      }
      for (RawHttp client : clients) {
        client.close();
      }
    }
  }

  /** Sends a byte every ten milliseconds until the server has had enough; then fails. */
  private Future<?> trickle(RawHttp client) {
    return clock.scheduleAtFixedRate(() -> sendOne(client), 10, 10, TimeUnit.MILLISECONDS);
  }

  private static void sendOne(RawHttp client) {
    try {
      client.send("X");
    } catch (IOException closed) {
      throw new UncheckedIOException(closed);
    }
  }
}
