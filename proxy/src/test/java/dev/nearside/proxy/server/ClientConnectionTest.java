package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Waiting;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClientConnectionTest {
  private static final String VALUE = "$1\r\nv\r\n";

  @Test
  void requestLeftWhileNothingCouldBeWritten_isJudgedByTheTimeAtWhichItIsWorkedOff() {
    EmbeddedClient client = EmbeddedClient.connect(true);
    long expiresAtNs = System.nanoTime() + Duration.ofMillis(500).toNanos();
    client.hold("k", VALUE, expiresAtNs);
    setWritable(client, false);
    assertThat(client.answer("GET k\r\n")).isEmpty();
    Waiting.until("it has expired", () -> System.nanoTime() - expiresAtNs > 0);
    setWritable(client, true);
    client.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(client.replies()).doesNotContain(VALUE);
    client.channel.close();
  }

  @Test
  void requestLeftWhileNothingCouldBeWritten_isAnsweredAtTheEndOfItsInput() {
    EmbeddedClient client = EmbeddedClient.connect(true);
    client.hold("k", VALUE, System.nanoTime() + Duration.ofMinutes(1).toNanos());
    setWritable(client, false);
    assertThat(client.answer("GET k\r\n")).isEmpty();
    setWritable(client, true);
    client.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(client.replies()).isEqualTo(VALUE);
  }

  private static void setWritable(EmbeddedClient client, boolean writable) {
    client.channel.unsafe().outboundBuffer().setUserDefinedWritability(1, writable);
  }
}
