// The part of @appthreat/sqlite3 that we use, declared here so that we compile where the optional package is missing.
declare module '@appthreat/sqlite3' {
  const sqlite3: {
    OPEN_READONLY: number;
    OPEN_READWRITE: number;
    Database: new (path: string, mode: number, callback: (error: Error | null) => void) => object;
  };
  export default sqlite3;
}
