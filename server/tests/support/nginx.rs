//! The real nginx before a server, by the recipe that is handed out.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use socket2::SockRef;

use super::folder::Folder;
use super::https::{Https, Identity};

/// The recipe, as it is.
pub const RECIPE: &str = include_str!("../../../recipes/nginx.conf");
/// What surrounds it on a Debian system, as far as it matters; in the test's own folder.
const AROUND: &str = "
daemon off;
pid nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include tickwire.conf;
}
";

/// An nginx that runs. Stopped when dropped.
pub struct Nginx {
    child: Child,
    /// How it is reached: as `localhost`, by TLS.
    pub https: Https,
    pub address: SocketAddr,
    _folder: Folder,
}

impl Nginx {
    /// Starts it before a server.
    pub fn before(server: SocketAddr) -> Self {
        let (folder, identity) = (Folder::new(), Identity::new());
        let certificate = folder.write("fullchain.pem", &identity.certificate_pem());
        let key = folder.write("privkey.pem", &identity.key_pem());
        // nginx cannot say which port it was given: it gets one that is listened on already, as from an nginx
        // that hands over to its next version.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        SockRef::from(&listener).set_cloexec(false).unwrap();
        let address = listener.local_addr().unwrap();
        let adapted = adapted([
            ("listen 443 ssl;", format!("listen {address} ssl;")),
            ("server 127.0.0.1:8080;", format!("server {server};")),
            ("/etc/ssl/play.example/fullchain.pem", certificate.display().to_string()),
            ("/etc/ssl/play.example/privkey.pem", key.display().to_string()),
        ]);
        folder.write("tickwire.conf", &adapted);
        let configuration = folder.write("nginx.conf", AROUND);
        let child = Command::new(program())
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(configuration)
            .args(["-e", "stderr"])
            .env("NGINX", format!("{};", raw(&listener)))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let https = Https::to(address, &[&identity]);
        Self { child, https, address, _folder: folder }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The recipe with each of these in place of what stands there for an operator to change.
fn adapted<const N: usize>(changes: [(&str, String); N]) -> String {
    changes.into_iter().fold(RECIPE.to_owned(), |text, (there, here)| {
        assert_eq!(text.matches(there).count(), 1, "the recipe has {there:?} once");
        text.replace(there, &here)
    })
}

/// Where nginx is. (Debian has it where only root looks.)
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    let found = folders.map(|folder| folder.join("nginx")).find(|program| program.is_file());
    found.expect("nginx is missing: install it (apt-get install nginx-light)")
}

fn raw(listener: &TcpListener) -> i32 {
    use std::os::fd::AsRawFd;
    listener.as_raw_fd()
}
