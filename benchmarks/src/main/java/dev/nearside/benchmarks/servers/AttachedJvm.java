package dev.nearside.benchmarks.servers;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.PlatformManagedObject;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The management beans of another JVM on this machine, which needs nothing for it. Confined to one
 * thread; whoever attached closes it.
 */
public final class AttachedJvm implements AutoCloseable {
  private final JMXConnector connector;

  private AttachedJvm(JMXConnector connector) {
    this.connector = connector;
  }

  /**
   * Attaches to the JVM of a process of the same user.
   *
   * @throws IOException if there is no such process, or it is no JVM that lets us in
   */
  @SuppressWarnings("BanJNDI") // the address is the one that this JVM itself has just given
  public static AttachedJvm of(long pid) throws IOException {
    return new AttachedJvm(JMXConnectorFactory.connect(new JMXServiceURL(address(pid))));
  }

  private static String address(long pid) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        return machine.startLocalManagementAgent();
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException("process " + pid + " is no JVM to attach to: " + e.getMessage(), e);
    }
  }

  /**
   * Returns a bean of the platform.
   *
   * @param name its object name, as {@link ManagementFactory} has it
   * @throws IOException if the process has ended
   */
  public <T extends PlatformManagedObject> T bean(String name, Class<T> type) throws IOException {
    return ManagementFactory.newPlatformMXBeanProxy(
        connector.getMBeanServerConnection(), name, type);
  }

  @Override
  public void close() throws IOException {
    connector.close();
  }
}
