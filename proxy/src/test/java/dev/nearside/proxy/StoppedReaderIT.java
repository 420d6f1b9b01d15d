package dev.nearside.proxy;

import static dev.nearside.proxy.CaptureScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import org.junit.jupiter.api.Test;

/** A reader of changes that is stopped for good, or killed, is in nobody's way. */
final class StoppedReaderIT {
  @Test
  void reader_thatIsStopped_leavesNoSlot_andAnotherTakesOver() throws Exception {
    try (CaptureScene scene = new CaptureScene("wal_sender_timeout=2s");
        SidecarProcess stopped = scene.process()) {
      scene.awaitOpen();
      assertThat(scene.slots()).isEqualTo(1);
      scene.database().execute("INSERT INTO prompt VALUES (1, 'old')");
      try (Sidecar other = scene.sidecar();
          RespClient client = other.connect()) {
        Waiting.until("it is read", () -> client.call("GET", "prompt:1").equals(bulk("old")));
        stopped.pause();
        scene.database().execute("UPDATE prompt SET body = 'new'");
        Waiting.until("the other reads", () -> CaptureScene.isReading(other));
        Waiting.until("it is new", () -> client.call("GET", "prompt:1").equals(bulk("new")));
        Waiting.until("the slot of the stopped one is gone", () -> scene.slots() == 1);

        stopped.resume();
        Waiting.until("it knows that it reads no more", () -> is(stopped, "standby"));
        scene.database().execute("UPDATE prompt SET body = 'newer'");
        Waiting.until("it is newer", () -> client.call("GET", "prompt:1").equals(bulk("newer")));
        assertThat(scene.slots()).isEqualTo(1);
      }
      Waiting.until("it reads again", () -> is(stopped, "reading"));
      assertThat(scene.slots()).isEqualTo(1);
      stopped.pause();
      Waiting.until("no slot is left", () -> scene.slots() == 0);
    }
  }

  private static boolean is(SidecarProcess sidecar, String state) throws Exception {
    return sidecar
        .get("/metrics")
        .body()
        .contains("nearside_capture_state{state=\"" + state + "\",} 1.0");
  }
}
